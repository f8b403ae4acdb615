/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitClassifierTest {
    private static final Diagnostics NONE = Diagnostics.of("");
    private static final String FAILED_LAUNCH = """
            [2026-11-23 17:00:00.123]Exception from container-launch.
            Container id: container_1_0001_01_000002
            Exit code: 1

            [2026-11-23 17:00:00.125]Container exited with a non-zero exit code 1. Error file: prelaunch.err.
            Last 4096 bytes of prelaunch.err :
            Last 4096 bytes of stderr :
            26/11/23 17:00:00 INFO SparkContext: Running Spark
            Exception in thread "main" java.lang.IllegalArgumentException: spark.executor.memory: 1x
            \tat org.apache.spark.SparkConf.get(SparkConf.scala:1)


            [2026-11-23 17:00:00.126]Container exited with a non-zero exit code 1. Error file: prelaunch.err.
            Last 4096 bytes of prelaunch.err :
            Last 4096 bytes of stderr :
            again
            """;

    @ParameterizedTest
    @CsvSource({
        "3, HEAP_EXHAUSTED, true",
        "50, SPARK_CONTEXT_STOPPED, true",
        "51, TERMINATED, false",
        "52, START_FAILED, true",
        "137, KILLED, true",
        "143, TERMINATED, true",
        "154, NODE_LOST, false",
        "-100, NODE_LOST, false",
        "-101, DISK_FAILED, false",
        "-102, PREEMPTED, false",
        "-103, CONTAINER_MEMORY_EXCEEDED, true",
        "-104, CONTAINER_MEMORY_EXCEEDED, true",
        "-105, TERMINATED, false",
        "-106, TERMINATED, false",
        "-107, TERMINATED, false",
        "-1000, START_FAILED, true",
        "0, EXITED, true",
        "1, EXITED, true",
        "134, EXITED, true"
    })
    void tellsTheCauseOfAReadyServersEnd(int exitStatus, DeathCause cause, boolean counts) {
        Ending ending = ExitClassifier.classify(exitStatus, NONE, true, null);

        assertThat(ending.cause()).isEqualTo(cause);
        assertThat(ending.countsAsFailure()).isEqualTo(counts);
    }

    @Test
    void namesTheSettingThatHelps() {
        assertThat(ExitClassifier.classify(3, NONE, true, null).remedy()).contains("sparkconnect.server.memory");
        assertThat(ExitClassifier.classify(-104, NONE, true, null).remedy())
                .contains("sparkconnect.server.memory.overhead");
        assertThat(ExitClassifier.classify(1, NONE, false, null).remedy()).contains("sparkconnect.server.conf.*");
    }

    @Test
    void takesAnExitBeforeReadinessForAFailedStart() {
        Ending ending = ExitClassifier.classify(1, Diagnostics.of(FAILED_LAUNCH), false, null);

        assertThat(ending.cause()).isEqualTo(DeathCause.START_FAILED);
        assertThat(ending.inWords()).contains("exit status 1", "IllegalArgumentException: spark.executor.memory: 1x");
    }

    @Test
    void readsAHeapThatWasExhaustedFromTheDiagnosticsToo() {
        Diagnostics diagnostics = Diagnostics.of(
                "Last 4096 bytes of stderr :\njava.lang.OutOfMemoryError: Java heap space\n\tat x.y(Z.java:1)\n");

        assertThat(ExitClassifier.classify(1, diagnostics, true, null).cause()).isEqualTo(DeathCause.HEAP_EXHAUSTED);
    }

    @Test
    void namesTheMemoryThatRanOut() {
        Diagnostics metaspace = Diagnostics.ofStderr("Terminating due to java.lang.OutOfMemoryError: Metaspace");
        Diagnostics threads = Diagnostics.ofStderr(
                "Terminating due to java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory");

        assertThat(ExitClassifier.classify(3, metaspace, true, null)).satisfies(ending -> {
            assertThat(ending.detail()).contains("exit status 3", "OutOfMemoryError: Metaspace");
            assertThat(ending.remedy()).contains("MaxMetaspaceSize");
        });
        assertThat(ExitClassifier.classify(3, threads, true, null).remedy()).contains("ulimit -u");
    }

    @Test
    void readsAHeapThatWasExhaustedWhereTheJvmKilledItself() {
        Diagnostics diagnostics = Diagnostics.ofStderr("""
                #
                # java.lang.OutOfMemoryError: Java heap space
                # -XX:OnOutOfMemoryError="kill -9 %p"
                """);

        assertThat(ExitClassifier.classify(137, diagnostics, true, null).cause())
                .isEqualTo(DeathCause.HEAP_EXHAUSTED);
    }

    @ParameterizedTest
    @CsvSource({"1", "-1000"})
    void tellsAFullDiskFromABadConfiguration(int exitStatus) {
        Diagnostics diagnostics =
                Diagnostics.ofStderr("Exception in thread \"main\" java.io.IOException: No space left on device");

        Ending ending = ExitClassifier.classify(exitStatus, diagnostics, false, null);

        assertThat(ending.cause()).isEqualTo(DeathCause.DISK_FAILED);
        assertThat(ending.remedy()).contains("yarn.nodemanager.local-dirs");
        assertThat(ending.countsAsFailure()).isTrue();
    }

    @Test
    void tellsALeavingNodeFromALostOne() {
        NodeView leaving = new NodeView("n1:1", NodeView.Condition.DECOMMISSIONED, 1, 1);

        assertThat(ExitClassifier.classify(-100, NONE, true, leaving).cause())
                .isEqualTo(DeathCause.NODE_DECOMMISSIONED);
    }

    @Test
    void takesTheEndOfStderrOutOfYarnsDiagnostics() {
        Diagnostics diagnostics = Diagnostics.of(FAILED_LAUNCH);

        assertThat(diagnostics.lastLines())
                .containsExactly(
                        "26/11/23 17:00:00 INFO SparkContext: Running Spark",
                        "Exception in thread \"main\" java.lang.IllegalArgumentException: spark.executor.memory: 1x",
                        "\tat org.apache.spark.SparkConf.get(SparkConf.scala:1)");
        assertThat(diagnostics.summary()).contains("Exit code: 1").doesNotContain("SparkContext");
    }

    @Test
    void cutsDiagnosticsOfAnyLength() {
        assertThat(Diagnostics.of("x".repeat(100_000)).summary()).hasSizeLessThan(1000);
        assertThat(Diagnostics.of("Last 4096 bytes of stderr :\n" + "line\n".repeat(500))
                        .lastLines())
                .hasSize(20);
    }
}
