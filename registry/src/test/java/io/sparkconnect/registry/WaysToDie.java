/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ways in which servers die, with the certificates that the ApplicationMaster writes of them: what everybody who shows a
 * death is tested with. That the certificates are the ApplicationMaster's own words is tested there.
 */
public enum WaysToDie {
    HEAP_OOM(
            DeathCause.HEAP_EXHAUSTED,
            3,
            "exit status 3: Terminating due to java.lang.OutOfMemoryError: Java heap space",
            "raise sparkconnect.server.memory",
            "Terminating due to java.lang.OutOfMemoryError: Java heap space"),
    CONTAINER_LIMIT(
            DeathCause.CONTAINER_MEMORY_EXCEEDED,
            -104,
            "physical memory: exit status -104",
            "raise sparkconnect.server.memory.overhead",
            null),
    PREEMPTED(
            DeathCause.PREEMPTED, -102, "exit status -102", "give sparkconnect.queue a larger guaranteed share", null),
    NODE_LOST(DeathCause.NODE_LOST, -100, "node n1:1", null, null),
    BAD_CONFIGURATION(
            DeathCause.START_FAILED,
            1,
            "exit status 1: Exception in thread \"main\" java.lang.IllegalArgumentException: spark.executor.memory: 1x",
            "see the server's log; its Spark configuration is sparkconnect.server.conf.*",
            "Exception in thread \"main\" java.lang.IllegalArgumentException: spark.executor.memory: 1x"),
    SIGKILL(
            DeathCause.KILLED,
            137,
            "exit status 137",
            "if the node's kernel killed it for lack of memory, raise sparkconnect.server.memory.overhead",
            null),
    DISK_FULL(
            DeathCause.DISK_FAILED,
            1,
            "exit status 1: java.io.IOException: No space left on device",
            "free space on the node's local disks (yarn.nodemanager.local-dirs, log-dirs)",
            "java.io.IOException: No space left on device"),
    ADMINISTRATOR(DeathCause.TERMINATED, 143, "exit status 143", null, null);

    private final DeathCause cause;
    private final int exitStatus;
    private final String detail;
    private final @Nullable String remedy;
    private final @Nullable String lastLine;

    WaysToDie(DeathCause cause, int exitStatus, String detail, @Nullable String remedy, @Nullable String lastLine) {
        this.cause = cause;
        this.exitStatus = exitStatus;
        this.detail = detail;
        this.remedy = remedy;
        this.lastLine = lastLine;
    }

    public DeathCause cause() {
        return cause;
    }

    public int exitStatus() {
        return exitStatus;
    }

    /** The setting to change or the thing to do; null where nothing helps but trying again. */
    public @Nullable String remedy() {
        return remedy;
    }

    /** What the server wrote last; null where its end left it no time to. */
    public @Nullable String lastLine() {
        return lastLine;
    }

    public static String logUrl(String serverId) {
        return "http://n:8042/node/containerlogs/" + serverId + "/ana";
    }

    /** Of a server in slot {@code default-0} on node {@code n1:1}. */
    public DeathCertificate certificate(String serverId, long diedAtMs) {
        return new DeathCertificate(
                serverId,
                "default",
                "default-0",
                "n1:1",
                cause,
                exitStatus,
                detail,
                lastLine == null ? List.of() : List.of(lastLine),
                remedy,
                logUrl(serverId),
                diedAtMs);
    }
}
