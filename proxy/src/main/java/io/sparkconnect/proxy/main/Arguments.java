/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.SettingValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The command line.
 *
 * @param files configuration files in their order
 * @param overrides settings by key
 * @param mistakes what cannot be understood; empty when all can
 */
record Arguments(
        List<Path> files, Map<String, SettingValue> overrides, boolean help, boolean version, List<String> mistakes) {
    static final String USAGE = """
            Usage: java -jar sparkconnect-proxy.jar [OPTIONS]

            One URL in front of many Spark Connect servers: each session stays with its server.

              --conf FILE               settings in Hadoop's XML form; may be repeated, later files win
              -D KEY=VALUE              one setting; wins over the files
              --listen HOST:PORT,...    same as -D sparkconnect.proxy.listen=...
              --servers HOST:PORT,...   same as -D sparkconnect.proxy.servers=... (needs no ZooKeeper);
                                        HOST:PORT*2 gets twice the sessions
              --help                    this text
              --version                 the version

            Without --servers the servers are read from ZooKeeper (sparkconnect.zookeeper.quorum, sparkconnect.service.name).
            Exit codes: 0 stopped as asked, 1 broken, 2 wrong arguments or settings, or an address in use.
            """;

    private static final List<String> OPTIONS = List.of("--conf", "-D", "--listen", "--servers", "--help", "--version");

    static Arguments parse(List<String> words) {
        List<Path> files = new ArrayList<>();
        Map<String, SettingValue> overrides = new LinkedHashMap<>();
        List<String> mistakes = new ArrayList<>();
        boolean help = false;
        boolean version = false;
        Iterator<String> rest = words.iterator();
        while (rest.hasNext()) {
            String word = rest.next();
            switch (word) {
                case "--help", "-h" -> help = true;
                case "--version" -> version = true;
                case "--conf", "--listen", "--servers", "-D" -> {
                    if (!rest.hasNext()) {
                        mistakes.add(word + ": its value is missing");
                        break;
                    }
                    String value = rest.next();
                    switch (word) {
                        case "--conf" -> files.add(Path.of(value));
                        case "--listen" -> overrides.put(ProxySettings.LISTEN.name(), new SettingValue(value, word));
                        case "--servers" -> overrides.put(ProxySettings.SERVERS.name(), new SettingValue(value, word));
                        default -> keyAndValue(value, overrides, mistakes);
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
        return new Arguments(files, overrides, help, version, mistakes);
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
