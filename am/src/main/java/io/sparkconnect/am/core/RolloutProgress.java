/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import org.jspecify.annotations.Nullable;

/** How the last rollout of a pool goes. Confined to the core thread. */
final class RolloutProgress {
    final long revision;

    /** New servers that failed since the last one that became ready. */
    int failures;

    /** When a new server became ready, or none had to be waited for. */
    long progressAtMs;

    /** Why the wished revision is not brought about any more; null while it is. */
    @Nullable
    String givenUpBecause;

    /** Whether everything has been replaced, or brought back. */
    boolean done;

    RolloutProgress(long revision, long nowMs) {
        this.revision = revision;
        this.progressAtMs = nowMs;
    }

    /** As an earlier attempt told it. */
    static RolloutProgress of(RolloutStatus told, long nowMs) {
        RolloutProgress progress = new RolloutProgress(told.revision(), nowMs);
        progress.done = told.state() == RolloutState.DONE || told.state() == RolloutState.ROLLED_BACK;
        progress.givenUpBecause = told.failed() ? told.message() : null;
        return progress;
    }

    boolean isGivenUp() {
        return givenUpBecause != null;
    }

    RolloutState state() {
        if (isGivenUp()) {
            return done ? RolloutState.ROLLED_BACK : RolloutState.ROLLING_BACK;
        }
        return done ? RolloutState.DONE : RolloutState.RUNNING;
    }
}
