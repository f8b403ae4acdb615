/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.util.Objects.requireNonNull;

import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The command line.
 *
 * @param files configuration files in their order
 * @param overrides settings by key
 * @param takeOver whether a running proxy is to be replaced
 * @param pidFile where the process id is written
 * @param mistakes what cannot be understood; empty when all can
 */
record Arguments(
        List<Path> files,
        Map<String, SettingValue> overrides,
        boolean takeOver,
        Optional<PidFile> pidFile,
        boolean help,
        boolean version,
        List<String> mistakes) {
    static final String USAGE = """
            Usage: java -jar sparkconnect-proxy.jar [OPTIONS]

            One URL in front of many Spark Connect servers: each session stays with its server.

              --conf FILE               settings in Hadoop's XML form; may be repeated, later files win
              -D KEY=VALUE              one setting; wins over the files
              --listen HOST:PORT,...    same as -D sparkconnect.proxy.listen=...
              --servers HOST:PORT,...   same as -D sparkconnect.proxy.servers=... (needs no ZooKeeper);
                                        HOST:PORT*2 gets twice the sessions
              --handover-socket FILE    same as -D sparkconnect.proxy.handover.socket=...
              --take-over               replaces the proxy that runs with the same hand-over socket, without a refused
                                        connection; starts as usual when there is none
              --pid-file FILE           gets the process id when the proxy serves
              --help                    this text
              --version                 the version

            Without --servers the servers are read from ZooKeeper (sparkconnect.zookeeper.quorum, sparkconnect.service.name).
            Exit codes: 0 stopped as asked, 1 broken, 2 wrong arguments or settings, or an address in use.
            """;

    private static final Map<String, Setting<?>> SHORT_FORMS = Map.of(
            "--listen", ProxySettings.LISTEN,
            "--servers", ProxySettings.SERVERS,
            "--handover-socket", ProxySettings.HANDOVER_SOCKET);

    private static final List<String> OPTIONS = List.of(
            "--conf",
            "-D",
            "--listen",
            "--servers",
            "--handover-socket",
            "--take-over",
            "--pid-file",
            "--help",
            "--version");

    static Arguments parse(List<String> words) {
        List<Path> files = new ArrayList<>();
        Map<String, SettingValue> overrides = new LinkedHashMap<>();
        List<String> mistakes = new ArrayList<>();
        boolean takeOver = false;
        Optional<PidFile> pidFile = Optional.empty();
        boolean help = false;
        boolean version = false;
        Iterator<String> rest = words.iterator();
        while (rest.hasNext()) {
            String word = rest.next();
            switch (word) {
                case "--help", "-h" -> help = true;
                case "--version" -> version = true;
                case "--take-over" -> takeOver = true;
                case "--conf", "--listen", "--servers", "--handover-socket", "--pid-file", "-D" -> {
                    if (!rest.hasNext()) {
                        mistakes.add(word + ": its value is missing");
                        break;
                    }
                    String value = rest.next();
                    switch (word) {
                        case "--conf" -> files.add(Path.of(value));
                        case "--pid-file" -> pidFile = pidFile(Path.of(value), mistakes);
                        case "-D" -> keyAndValue(value, overrides, mistakes);
                        default ->
                            overrides.put(requireNonNull(SHORT_FORMS.get(word)).name(), new SettingValue(value, word));
                    }
                }
                default -> {
                    if (word.startsWith("-D")) {
                        keyAndValue(word.substring(2), overrides, mistakes);
                    } else {
                        mistakes.add(word + ": unknown option (did you mean " + NearestName.to(word, OPTIONS)
                                + "? --help lists all)");
                    }
                }
            }
        }
        return new Arguments(files, overrides, takeOver, pidFile, help, version, mistakes);
    }

    private static Optional<PidFile> pidFile(Path path, List<String> mistakes) {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
            mistakes.add("--pid-file " + path + " (expected: in a directory that exists and can be written)");
            return Optional.empty();
        }
        return Optional.of(new PidFile(path));
    }

    private static void keyAndValue(String text, Map<String, SettingValue> overrides, List<String> mistakes) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            mistakes.add("-D " + text + ": expected KEY=VALUE");
        } else {
            overrides.put(text.substring(0, equals), new SettingValue(text.substring(equals + 1), "-D"));
        }
    }
}
