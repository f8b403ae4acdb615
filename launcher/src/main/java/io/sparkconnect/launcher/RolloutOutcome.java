/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import org.jspecify.annotations.Nullable;

/** How far a rollout is. Pure. */
final class RolloutOutcome {
    private RolloutOutcome() {}

    /** @param revision that is waited for */
    static Change.Outcome of(String pool, long revision, ServiceStatus status) {
        RolloutStatus rollout = rollout(pool, status);
        if (rollout == null || rollout.revision() != revision) {
            return new Change.Outcome.Waiting("pool " + pool + ": the ApplicationMaster to begin");
        }
        return switch (rollout.state()) {
            case DONE ->
                new Change.Outcome.Done("pool " + pool + " has " + InWords.count(rollout.updated(), "new server"));
            case RUNNING, UNKNOWN ->
                new Change.Outcome.Waiting("pool " + pool + ": " + rollout.updated() + " new servers ready"
                        + (rollout.message().isEmpty() ? "" : "; " + InWords.oneLine(rollout.message(), 200)));
            case ROLLING_BACK, ROLLED_BACK ->
                new Change.Outcome.Failed("pool " + pool + ": given up, what worked before goes on: "
                        + InWords.oneLine(rollout.message(), 400) + " (see `events`)");
        };
    }

    /** Whether the pool's servers are wished as they were; another rollout, forth or back, has another revision. */
    static boolean isStillWished(String pool, ServiceSpec written, ServiceSpec now) {
        PoolSpec then = written.pools().get(pool);
        PoolSpec later = now.pools().get(pool);
        return then != null && later != null && then.revision() == later.revision();
    }

    static @Nullable RolloutStatus rollout(String pool, @Nullable ServiceStatus status) {
        PoolStatus now = status == null ? null : status.pools().get(pool);
        return now == null ? null : now.rollout();
    }

    /** Whether the pool's present wish has been brought about; a wish that nobody has taken up yet has not. */
    static boolean isSettled(String pool, long revision, @Nullable ServiceStatus status) {
        RolloutStatus rollout = rollout(pool, status);
        return revision == 0
                || (rollout != null && rollout.revision() == revision && rollout.state() == RolloutState.DONE);
    }

    /** Why the pool's present wish was given up; null when it was not. */
    static @Nullable String failure(String pool, long revision, @Nullable ServiceStatus status) {
        RolloutStatus rollout = rollout(pool, status);
        return rollout != null && rollout.revision() == revision && rollout.failed() ? rollout.message() : null;
    }

    /** What the pool's servers are started with now: as wished, or as before when the wish was given up. */
    static PoolSpec started(PoolSpec wished, @Nullable ServiceStatus status) {
        PoolSpec previous = wished.rollout() == null ? null : wished.rollout().previous();
        boolean givenUp = failure(wished.name(), wished.revision(), status) != null;
        return givenUp && previous != null ? wished.startedLike(previous) : wished;
    }
}
