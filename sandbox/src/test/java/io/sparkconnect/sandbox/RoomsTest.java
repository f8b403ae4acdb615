/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may use whom: docs/architecture.md. The parts meet in ZooKeeper and over HTTP, never in an import. */
class RoomsTest {
    private static final List<String> ROOMS = List.of("registry", "agent", "am", "launcher", "proxy", "sandbox");
    private static final String[] HADOOP = {"org.apache.hadoop.."};
    private static final String[] SPARK = {"org.apache.spark.."};
    private static final String[] NETTY = {"io.netty.."};
    private static final String[] GRPC = {"io.grpc..", "com.google.protobuf.."};

    private static JavaClasses ours;

    @BeforeAll
    static void readTheBuiltClasses() {
        List<Path> built = ROOMS.stream()
                .map(room -> Path.of("..", room, "target", "classes")
                        .toAbsolutePath()
                        .normalize())
                .toList();
        ours = new ClassFileImporter().importPaths(built);
    }

    @Test
    void everyRoomIsLookedAt() {
        assertThat(ROOMS)
                .allSatisfy(room -> assertThat(ours)
                        .as(room + "/target/classes (build all modules, or with -am)")
                        .anyMatch(one -> one.getPackageName().startsWith("io.sparkconnect." + room)));
    }

    @Test
    void theRegistryKnowsNoOtherRoomAndNoCluster() {
        mayNotUse("registry", rooms("agent", "am", "launcher", "proxy", "sandbox"), HADOOP, SPARK, NETTY, GRPC)
                .check(ours);
    }

    @Test
    void theApplicationMasterKnowsTheRegistryOnly() {
        mayNotUse("am", rooms("agent", "launcher", "proxy", "sandbox"), SPARK, NETTY, GRPC)
                .check(ours);
    }

    @Test
    void theLauncherKnowsTheRegistryOnly() {
        mayNotUse("launcher", rooms("agent", "am", "proxy", "sandbox"), SPARK, NETTY, GRPC)
                .check(ours);
    }

    @Test
    void theProxyKnowsTheRegistryOnlyAndNoHadoopSparkOrGrpc() {
        mayNotUse("proxy", rooms("agent", "am", "launcher", "sandbox"), HADOOP, SPARK, GRPC)
                .check(ours);
    }

    @Test
    void theSandboxRunsTheOthersAndImportsNone() {
        mayNotUse("sandbox", rooms("agent", "am", "launcher", "proxy", "registry"), SPARK, NETTY, GRPC)
                .check(ours);
    }

    @Test
    void theAgentKnowsTheJdkAndWhatSparkBringsOnly() {
        classes()
                .that()
                .resideInAPackage("io.sparkconnect.agent..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.sparkconnect.agent..",
                        "java..",
                        "com.sun.net.httpserver..",
                        "org.apache.spark..",
                        // Spark carries Hadoop's client; of it, what every version has.
                        "org.apache.hadoop.conf..",
                        "org.apache.hadoop.io..",
                        "org.apache.hadoop.security..",
                        "org.apache.hadoop.util..",
                        "org.slf4j..",
                        "org.jspecify.annotations..",
                        "scala..")
                .check(ours);
    }

    @Test
    void librariesThatHadoopAlsoCarriesAreUsedWhereTheyAreRelocatedOnly() {
        noClasses()
                .that()
                .resideInAnyPackage("io.sparkconnect.am..", "io.sparkconnect.launcher..", "io.sparkconnect.registry..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.google.common..", "org.apache.commons..", "org.apache.log4j..")
                .check(ours);
    }

    private static ArchRule mayNotUse(String room, String[]... packages) {
        return noClasses()
                .that()
                .resideInAPackage("io.sparkconnect." + room + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(Stream.of(packages).flatMap(Stream::of).toArray(String[]::new));
    }

    private static String[] rooms(String... names) {
        return Stream.of(names).map(name -> "io.sparkconnect." + name + "..").toArray(String[]::new);
    }
}
