/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

/** Who stopped the SparkContext, read from the stack on which Spark tells its plugins. */
final class StopCause {
    private StopCause() {}

    static String of(String thread, StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            String name = frame.getClassName();
            if (name.contains("YarnClientSchedulerBackend$MonitorThread")) {
                return "its YARN application ended or was killed";
            }
            if (name.contains("DAGSchedulerEventProcessLoop")) {
                return "Spark's scheduler failed and stopped the SparkContext";
            }
            if (name.contains("ShutdownHook")) {
                return "the process is ending";
            }
        }
        for (StackTraceElement frame : stack) {
            if (!isPlumbing(frame.getClassName())) {
                return "SparkContext.stop was called in thread " + thread + " at " + frame;
            }
        }
        return "SparkContext.stop was called in thread " + thread;
    }

    private static boolean isPlumbing(String name) {
        return name.startsWith("io.sparkconnect.agent.")
                || name.startsWith("org.apache.spark.SparkContext")
                || name.startsWith("org.apache.spark.internal.")
                || name.startsWith("org.apache.spark.util.")
                || name.startsWith("scala.")
                || name.startsWith("java.")
                || name.startsWith("jdk.");
    }
}
