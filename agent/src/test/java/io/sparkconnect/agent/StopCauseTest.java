/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StopCauseTest {
    @Test
    void recognisesTheEndOfTheYarnApplication() {
        assertThat(StopCause.of(
                        "YARN application state monitor",
                        stack(
                                "org.apache.spark.SparkContext",
                                "org.apache.spark.scheduler.cluster.YarnClientSchedulerBackend$MonitorThread")))
                .isEqualTo("its YARN application ended or was killed");
    }

    @Test
    void recognisesAShutdownHook() {
        assertThat(StopCause.of(
                        "shutdown-hook-0",
                        stack("org.apache.spark.SparkContext", "org.apache.spark.util.SparkShutdownHook")))
                .isEqualTo("the process is ending");
    }

    @Test
    void namesTheThreadAndTheFirstFrameThatIsNotSparksOwnPlumbing() {
        String cause = StopCause.of(
                "streaming-7",
                stack(
                        "java.lang.Thread",
                        "io.sparkconnect.agent.ServerDriverPlugin",
                        "org.apache.spark.internal.plugin.DriverPluginContainer",
                        "org.apache.spark.util.Utils$",
                        "org.apache.spark.SparkContext",
                        "com.acme.Job"));

        assertThat(cause)
                .isEqualTo("SparkContext.stop was called in thread streaming-7 at com.acme.Job.run(Code.java:7)");
    }

    @Test
    void namesAtLeastTheThread() {
        assertThat(StopCause.of("main", stack("org.apache.spark.SparkContext")))
                .isEqualTo("SparkContext.stop was called in thread main");
    }

    private static StackTraceElement[] stack(String... classes) {
        StackTraceElement[] stack = new StackTraceElement[classes.length];
        for (int i = 0; i < classes.length; i++) {
            stack[i] = new StackTraceElement(classes[i], "run", "Code.java", 7);
        }
        return stack;
    }
}
