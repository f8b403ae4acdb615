/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.LaunchContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarFile;
import java.util.jar.JarInputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** What is in the one jar, and what must not be: it runs on class paths that hold other versions of everything. */
class ShadedJarIT {
    private static final Path JAR = Path.of(Objects.requireNonNull(System.getProperty("shaded.jar"), "shaded.jar"));

    @Test
    void holdsOurClassesAndNothingElseUnrelocated() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            List<String> foreign = jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.endsWith(".class"))
                    .map(name -> name.replaceFirst("^META-INF/versions/\\d+/", ""))
                    .filter(name -> !name.startsWith("io/sparkconnect/"))
                    .toList();

            assertThat(foreign).isEmpty();
        }
    }

    @Test
    void carriesTheApplicationMasterTheRegistryAndTheLibrariesTheyNeed() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            assertThat(List.of(
                            "io/sparkconnect/launcher/Launcher.class",
                            "io/sparkconnect/launcher/am-log4j.properties",
                            "io/sparkconnect/registry/ServiceSpec.class",
                            LaunchContract.APPLICATION_MASTER_CLASS.replace('.', '/') + ".class",
                            "io/sparkconnect/shaded/picocli/CommandLine.class",
                            "io/sparkconnect/shaded/com/codahale/metrics/Metric.class",
                            "io/sparkconnect/shaded/org/apache/zookeeper/ClientCnxnSocketNIO.class",
                            "io/sparkconnect/shaded/org/apache/jute/Record.class",
                            "io/sparkconnect/shaded/org/apache/curator/framework/CuratorFramework.class",
                            "io/sparkconnect/shaded/com/fasterxml/jackson/databind/ObjectMapper.class"))
                    .allSatisfy(name -> assertThat(jar.getEntry(name)).as(name).isNotNull());
            assertThat(jar.stream().map(ZipEntry::getName).filter(name -> name.startsWith("io/sparkconnect/agent/")))
                    .isEmpty();
            assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
                    .isEqualTo("io.sparkconnect.launcher.Launcher");
        }
    }

    @Test
    void carriesTheAgentAsAJarOfItsOwn() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile());
                JarInputStream agent = new JarInputStream(
                        jar.getInputStream(jar.getEntry("io/sparkconnect/launcher/" + LaunchContract.AGENT_JAR)))) {
            List<String> names = new java.util.ArrayList<>();
            for (ZipEntry entry = agent.getNextEntry(); entry != null; entry = agent.getNextEntry()) {
                names.add(entry.getName());
            }
            assertThat(names).anyMatch(name -> name.startsWith("io/sparkconnect/agent/") && name.endsWith(".class"));
            assertThat(names.stream().filter(name -> name.endsWith(".class")))
                    .allMatch(name -> name.startsWith("io/sparkconnect/agent/"));
        }
    }
}
