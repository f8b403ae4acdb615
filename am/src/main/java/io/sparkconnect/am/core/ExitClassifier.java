/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import org.jspecify.annotations.Nullable;

/** Reads a container's exit status: YARN's, the shell's, the JVM's and the agent's own. */
final class ExitClassifier {
    static final String CHECK_FILES = "check sparkconnect.spark.archive and the staging directory";

    private static final String MORE_HEAP = "raise sparkconnect.server.memory";
    private static final String MORE_OVERHEAD = "raise sparkconnect.server.memory.overhead";
    private static final String OUT_OF_MEMORY = "java.lang.OutOfMemoryError";
    private static final String READ_THE_LOG =
            "see the server's log; its Spark configuration is sparkconnect.server.conf.*";

    private ExitClassifier() {}

    /**
     * @param wasReady whether the server had been published
     * @param node the node that it ran on; null when it is not known
     */
    static Ending classify(int exitStatus, Diagnostics diagnostics, boolean wasReady, @Nullable NodeView node) {
        return switch (exitStatus) {
            case 3 -> outOfMemory(exitStatus, diagnostics);
            case 50 ->
                new Ending(
                        DeathCause.SPARK_CONTEXT_STOPPED,
                        withLine("exit status 50", diagnostics),
                        "see its own application's log in the executors' queue",
                        true);
            case 51 -> new Ending(DeathCause.TERMINATED, "it was disowned: exit status 51", null, false);
            case 52 ->
                new Ending(
                        DeathCause.START_FAILED,
                        withLine("it never listened: exit status 52", diagnostics),
                        READ_THE_LOG,
                        true);
            case 134, 139 ->
                new Ending(
                        DeathCause.EXITED,
                        "its Java virtual machine crashed: exit status " + exitStatus,
                        "see hs_err_pid*.log and the server's log",
                        true);
            // Clusters let the JVM kill itself when its heap is full (-XX:OnOutOfMemoryError='kill -9 %p').
            case 137 ->
                diagnostics.mentions(OUT_OF_MEMORY)
                        ? outOfMemory(exitStatus, diagnostics)
                        : new Ending(
                                DeathCause.KILLED,
                                "exit status 137",
                                "if the node's kernel killed it for lack of memory, " + MORE_OVERHEAD,
                                true);
            case 143 -> new Ending(DeathCause.TERMINATED, "exit status 143", null, true);
            case 154 ->
                new Ending(
                        DeathCause.NODE_LOST,
                        "its NodeManager restarted and could not recover it: exit status 154",
                        null,
                        false);
            case -100 -> lostWithItsNode(node);
            case -101 ->
                new Ending(DeathCause.DISK_FAILED, "exit status -101", "free or repair the node's local disks", false);
            case -102 ->
                new Ending(
                        DeathCause.PREEMPTED,
                        "exit status -102",
                        "give sparkconnect.queue a larger guaranteed share",
                        false);
            case -103 ->
                new Ending(
                        DeathCause.CONTAINER_MEMORY_EXCEEDED, "virtual memory: exit status -103", MORE_OVERHEAD, true);
            case -104 ->
                new Ending(
                        DeathCause.CONTAINER_MEMORY_EXCEEDED, "physical memory: exit status -104", MORE_OVERHEAD, true);
            case -105, -107 ->
                new Ending(
                        DeathCause.TERMINATED,
                        "by an earlier ApplicationMaster: exit status " + exitStatus,
                        null,
                        false);
            case -106 -> new Ending(DeathCause.TERMINATED, "by the ResourceManager: exit status -106", null, false);
            case -1000 ->
                hasNoSpace(diagnostics)
                        ? diskFull(exitStatus, diagnostics)
                        : new Ending(
                                DeathCause.START_FAILED,
                                withLine("its files could not be localised: exit status -1000", diagnostics),
                                CHECK_FILES,
                                true);
            default -> ended(exitStatus, diagnostics, wasReady);
        };
    }

    /** Whether the status tells more than "we killed it". */
    static boolean tellsMoreThanOurKill(int exitStatus) {
        return switch (exitStatus) {
            case -100, -105, -107, 0, 51, 137, 143 -> false;
            default -> true;
        };
    }

    private static Ending lostWithItsNode(@Nullable NodeView node) {
        if (node != null
                && (node.condition() == NodeView.Condition.DECOMMISSIONED
                        || node.condition() == NodeView.Condition.DECOMMISSIONING)) {
            return new Ending(DeathCause.NODE_DECOMMISSIONED, "node " + node.node(), null, false);
        }
        return new Ending(DeathCause.NODE_LOST, node == null ? "" : "node " + node.node(), null, false);
    }

    private static Ending ended(int exitStatus, Diagnostics diagnostics, boolean wasReady) {
        if (hasNoSpace(diagnostics)) {
            return diskFull(exitStatus, diagnostics);
        }
        if (diagnostics.mentions(OUT_OF_MEMORY + ": Java heap space")) {
            return outOfMemory(exitStatus, diagnostics);
        }
        String detail = withLine("exit status " + exitStatus, diagnostics);
        if (!wasReady) {
            return new Ending(DeathCause.START_FAILED, detail, READ_THE_LOG, true);
        }
        return new Ending(DeathCause.EXITED, detail, READ_THE_LOG, true);
    }

    /** Which of its memories it was, the JVM says in its last line. */
    private static Ending outOfMemory(int exitStatus, Diagnostics diagnostics) {
        String remedy = MORE_HEAP;
        if (diagnostics.mentions(OUT_OF_MEMORY + ": Metaspace")) {
            remedy = "raise -XX:MaxMetaspaceSize in sparkconnect.server.conf.spark.driver.extraJavaOptions";
        } else if (diagnostics.mentions(OUT_OF_MEMORY + ": unable to create native thread")) {
            remedy = "raise the number of processes that the node allows to the user (ulimit -u)";
        }
        return new Ending(DeathCause.HEAP_EXHAUSTED, withLine("exit status " + exitStatus, diagnostics), remedy, true);
    }

    private static boolean hasNoSpace(Diagnostics diagnostics) {
        return diagnostics.mentions("No space left on device") || diagnostics.mentions("Disk quota exceeded");
    }

    /** Counts: the next one may come to the same full disk. */
    private static Ending diskFull(int exitStatus, Diagnostics diagnostics) {
        return new Ending(
                DeathCause.DISK_FAILED,
                withLine("exit status " + exitStatus, diagnostics),
                "free space on the node's local disks (yarn.nodemanager.local-dirs, log-dirs)",
                true);
    }

    private static String withLine(String what, Diagnostics diagnostics) {
        String line = diagnostics.tellingLine();
        return line.isEmpty() ? what : what + ": " + line;
    }
}
