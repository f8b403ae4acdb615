/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/** Why a server ended, in the classes that ask for different remedies. */
public enum DeathCause {
    HEAP_EXHAUSTED("the driver ran out of heap"),
    CONTAINER_MEMORY_EXCEEDED("YARN killed the container because it used more memory than it had asked for"),
    PREEMPTED("YARN preempted the container to give its resources to another queue"),
    NODE_LOST("the node that ran it was lost"),
    NODE_DECOMMISSIONED("the node that ran it left the cluster"),
    DISK_FAILED("the node's local disks failed or are full"),
    START_FAILED("the server did not come up"),
    START_TIMED_OUT("the server did not become ready in time"),
    KILLED("the driver process was killed from outside (SIGKILL)"),
    TERMINATED("the driver process was ended from outside (SIGTERM)"),
    SPARK_CONTEXT_STOPPED("its SparkContext stopped"),
    UNRESPONSIVE("it stopped answering health checks"),
    EXITED("the driver process ended by itself"),
    STOPPED_BY_OPERATOR("it was stopped on the operator's wish"),
    SCALED_IN("it was stopped because the pool needed fewer servers"),
    /** Also what a newer writer's cause reads as. */
    @JsonEnumDefaultValue
    UNKNOWN("it ended for a reason that could not be found out");

    private final String inWords;

    DeathCause(String inWords) {
        this.inWords = inWords;
    }

    /** Whether the service ended the server itself because somebody, or its pool's size, wanted that: no failure of anything. */
    public boolean isWished() {
        return this == STOPPED_BY_OPERATOR || this == SCALED_IN;
    }

    /** A clause that completes "server X is gone: …", in lower case and without a full stop. */
    public String inWords() {
        return inWords;
    }
}
