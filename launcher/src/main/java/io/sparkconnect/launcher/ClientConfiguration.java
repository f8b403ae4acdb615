/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.SettingValue;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * What the user gave, from the weakest to the strongest: Hadoop's files on the class path, {@code sparkconnect-site.xml}
 * ({@code SPARKCONNECT_CONF_DIR}, else the class path), {@code -conf} files in their order, {@code -D}.
 *
 * @param hadoop everything, for YARN's and the file system's clients
 * @param given our keys, each with the place that it was given in
 */
record ClientConfiguration(Configuration hadoop, Map<String, SettingValue> given) {
    static final String SITE_FILE = "sparkconnect-site.xml";
    private static final String COMMAND_LINE = "-D";

    /** How long a command waits for a ResourceManager that does not answer; YARN's own default is 15 minutes. */
    private static final Map<String, String> IMPATIENCE = Map.of(
            YarnConfiguration.RESOURCEMANAGER_CONNECT_MAX_WAIT_MS,
            "20000",
            YarnConfiguration.RESOURCEMANAGER_CONNECT_RETRY_INTERVAL_MS,
            "1000",
            "ipc.client.connect.max.retries",
            "3",
            "ipc.client.connect.max.retries.on.timeouts",
            "2");

    /** @throws CommandException when a file is missing or is no configuration */
    static ClientConfiguration load(CommonOptions options, Map<String, String> environment) throws CommandException {
        YarnConfiguration conf = new YarnConfiguration();
        try {
            addSite(conf, environment);
            for (Path file : options.files()) {
                if (!Files.isReadable(file)) {
                    throw new CommandException(
                            ExitCode.BAD_INPUT,
                            "-conf " + file + ": no such file, or not readable (expected: a Hadoop XML file)");
                }
                conf.addResource(
                        new org.apache.hadoop.fs.Path(file.toAbsolutePath().toUri()));
            }
            options.definitions().forEach((key, value) -> conf.set(key, value == null ? "" : value, COMMAND_LINE));
            beImpatient(conf);
            return new ClientConfiguration(conf, ours(conf));
        } catch (RuntimeException e) {
            // Configuration parses lazily, and wraps what the XML parser says about a broken file.
            throw new CommandException(ExitCode.BAD_INPUT, "cannot read the configuration: " + rootMessage(e), e);
        }
    }

    private static void addSite(Configuration conf, Map<String, String> environment) throws CommandException {
        String confDir = environment.get("SPARKCONNECT_CONF_DIR");
        if (confDir != null && !confDir.isBlank()) {
            Path file = Path.of(confDir, SITE_FILE);
            if (!Files.isReadable(file)) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "SPARKCONNECT_CONF_DIR: " + confDir + " (expected: a directory with a readable " + SITE_FILE
                                + ")");
            }
            conf.addResource(new org.apache.hadoop.fs.Path(file.toAbsolutePath().toUri()));
            return;
        }
        URL onClassPath = conf.getResource(SITE_FILE);
        if (onClassPath != null) {
            conf.addResource(onClassPath);
        }
    }

    /** Only where nobody said otherwise: Hadoop's own defaults may be replaced, an operator's values not. */
    private static void beImpatient(Configuration conf) {
        IMPATIENCE.forEach((key, value) -> {
            String source = source(conf, key);
            if (source == null || source.endsWith("-default.xml")) {
                conf.set(key, value, "the launcher");
            }
        });
    }

    private static Map<String, SettingValue> ours(Configuration conf) {
        Map<String, SettingValue> given = new TreeMap<>();
        for (Map.Entry<String, String> entry : conf) {
            String key = entry.getKey();
            if (key.startsWith(ServiceSettings.PREFIX)) {
                String source = source(conf, key);
                String expanded = conf.get(key);
                given.put(
                        key,
                        new SettingValue(
                                expanded == null ? "" : expanded,
                                source == null ? "the configuration" : readable(source)));
            }
        }
        return given;
    }

    private static @Nullable String source(Configuration conf, String key) {
        String[] sources = conf.getPropertySources(key);
        return sources == null || sources.length == 0 ? null : sources[sources.length - 1];
    }

    private static String readable(String source) {
        return source.startsWith("file:") ? source.replaceFirst("^file:/*", "/") : source;
    }

    private static String rootMessage(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String where = error.getMessage() == null || root == error
                ? ""
                : " (" + InWords.oneLine(error.getMessage(), 300) + ")";
        String message = root instanceof IOException || root.getMessage() != null ? root.getMessage() : root.toString();
        return message + where;
    }
}
