/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.jspecify.annotations.Nullable;

/**
 * Where servers find Spark. Exactly one of home and archive is set.
 *
 * @param version as its core jar says; null where it cannot be seen from here
 */
record SparkDistribution(
        @Nullable String home,
        @Nullable String archive,
        @Nullable String version) {
    private static final Pattern CORE_JAR = Pattern.compile("spark-core_2\\.\\d+-(\\d+\\.\\d+.*)\\.jar");
    private static final Pattern CONNECT_JAR = Pattern.compile("spark-connect_2\\.\\d+-.*\\.jar");
    private static final Pattern YARN_JAR = Pattern.compile("spark-yarn_2\\.\\d+-.*\\.jar");
    private static final List<String> ARCHIVE_ENDINGS = List.of(".tgz", ".tar.gz", ".zip");

    /**
     * Looks at what the settings name; mistakes go to the findings, and the answer is empty then.
     *
     * @param keyOf what a setting is called to the user
     */
    static Optional<SparkDistribution> find(
            Settings settings,
            Function<Setting<?>, String> keyOf,
            Map<String, String> environment,
            Configuration conf,
            Findings findings) {
        Optional<String> home = settings.get(ServiceSettings.SPARK_HOME);
        Optional<String> archive = settings.get(ServiceSettings.SPARK_ARCHIVE);
        if (home.isPresent() && archive.isPresent()) {
            findings.mistake(
                    "sparkconnect.spark.home and sparkconnect.spark.archive are both given (expected: one of them)");
            return Optional.empty();
        }
        if (archive.isPresent()) {
            return atArchive(archive.get(), keyOf.apply(ServiceSettings.SPARK_ARCHIVE), conf, findings);
        }
        if (home.isPresent()) {
            return atHome(home.get(), keyOf.apply(ServiceSettings.SPARK_HOME), settings, findings);
        }
        String fromEnvironment = environment.getOrDefault("SPARK_HOME", "");
        if (fromEnvironment.isBlank()) {
            findings.mistake("no Spark: set sparkconnect.spark.home (a directory at the same path on every node),"
                    + " sparkconnect.spark.archive (a URI), or SPARK_HOME");
            return Optional.empty();
        }
        return atHome(fromEnvironment, "SPARK_HOME", settings, findings);
    }

    private static Optional<SparkDistribution> atHome(String home, String key, Settings settings, Findings findings) {
        Path directory = Path.of(home);
        if (!directory.isAbsolute() || !Files.isDirectory(directory)) {
            findings.mistake(key + ": " + home
                    + " (expected: the absolute path of a Spark distribution that exists here and on every node)");
            return Optional.empty();
        }
        if (!Files.isExecutable(directory.resolve("bin/spark-submit"))) {
            findings.mistake(
                    key + ": " + home + " has no executable bin/spark-submit (expected: a Spark distribution)");
            return Optional.empty();
        }
        List<String> jars = jarsIn(directory.resolve("jars"));
        Optional<String> version = versionOf(jars);
        if (version.isEmpty()) {
            findings.mistake(key + ": " + home + " has no jars/spark-core_*.jar (expected: a Spark distribution)");
            return Optional.empty();
        }
        if (jars.stream().noneMatch(jar -> YARN_JAR.matcher(jar).matches())) {
            findings.mistake(
                    key + ": " + home + " has no jars/spark-yarn_*.jar (expected: a distribution built with YARN)");
        }
        if (jars.stream().noneMatch(jar -> CONNECT_JAR.matcher(jar).matches()) && !bringsConnect(settings)) {
            String scala = version.get().startsWith("3.") ? "2.12" : "2.13";
            findings.mistake(key + ": " + home + " has no jars/spark-connect_*.jar (put spark-connect_" + scala + "-"
                    + version.get() + ".jar there, or name it in sparkconnect.server.conf.spark.jars or"
                    + " sparkconnect.server.conf.spark.jars.packages)");
        }
        return Optional.of(new SparkDistribution(directory.normalize().toString(), null, version.get()));
    }

    /** Of a Spark at this path; null where it cannot be seen from here. */
    static @Nullable String versionAt(@Nullable String home) {
        return home == null ? null : versionOf(jarsIn(Path.of(home, "jars"))).orElse(null);
    }

    private static Optional<String> versionOf(List<String> jars) {
        return jars.stream()
                .map(CORE_JAR::matcher)
                .filter(Matcher::matches)
                .map(core -> core.group(1))
                .findFirst();
    }

    private static Optional<SparkDistribution> atArchive(
            String archive, String key, Configuration conf, Findings findings) {
        if (ARCHIVE_ENDINGS.stream().noneMatch(archive::endsWith)) {
            findings.mistake(key + ": " + archive + " (expected: a URI that ends in .tgz, .tar.gz or .zip)");
            return Optional.empty();
        }
        try {
            org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(URI.create(archive));
            FileSystem fileSystem = path.getFileSystem(conf);
            if (!fileSystem.exists(path)) {
                findings.mistake(key + ": " + archive + " does not exist (expected: a URI that every node can read)");
                return Optional.empty();
            }
            return Optional.of(
                    new SparkDistribution(null, fileSystem.makeQualified(path).toString(), null));
        } catch (IOException | IllegalArgumentException e) {
            findings.mistake(key + ": " + archive + " cannot be read: " + InWords.oneLine(e.getMessage(), 300));
            return Optional.empty();
        }
    }

    private static boolean bringsConnect(Settings settings) {
        Map<String, String> conf = settings.get(ServiceSettings.SERVER_CONF);
        return Stream.of("spark.jars", "spark.jars.packages", "spark.driver.extraClassPath")
                .map(key -> conf.getOrDefault(key, ""))
                .anyMatch(value -> value.contains("spark-connect"));
    }

    private static List<String> jarsIn(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
