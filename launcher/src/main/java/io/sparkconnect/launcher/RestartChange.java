/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** New servers in place of all that a pool has. */
final class RestartChange implements Change {
    static final String WHAT = "restart";

    private final PoolChoice choice;
    private final boolean atOnce;
    private final int maxSurge;
    private String pool = "";

    RestartChange(PoolChoice choice, boolean atOnce, int maxSurge) {
        this.choice = choice;
        this.atOnce = atOnce;
        this.maxSurge = maxSurge;
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        PoolSpec before = choice.of(spec);
        pool = before.name();
        RolloutOrder last = before.rollout();
        String failure = RolloutOutcome.failure(pool, before.revision(), status);
        if (last != null && last.previous() != null && failure != null) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "pool " + pool + " went back from \"" + last.what() + "\": " + InWords.oneLine(failure, 200)
                            + " (`rollback` makes that the wish, then restart; or upgrade again)");
        }
        boolean underWay =
                last != null && failure == null && !RolloutOutcome.isSettled(pool, before.revision(), status);
        if (underWay && last != null && last.what().equals(WHAT) && last.atOnce() == atOnce) {
            // The same wish once more is the same wish.
            return Proposal.nothing(spec);
        }
        if (underWay && last != null && !last.what().equals(WHAT)) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "pool " + pool + " is in the middle of \"" + last.what()
                            + "\", which starts all its servers anew (see `status`; `rollback` ends it)");
        }
        // A restart that is under way goes on in the other manner; what is new already stays.
        long revision = underWay ? before.revision() : spec.generation() + 1;
        RolloutOrder order = new RolloutOrder(revision, WHAT, atOnce, maxSurge, null);
        return new Proposal(
                spec.withPool(before.withRollout(order)),
                List.of("restart the servers of pool " + pool + (atOnce ? ", all at once" : rolling(maxSurge))),
                atOnce ? List.of("new sessions of pool " + pool + " wait until a new server is ready") : List.of());
    }

    static String rolling(int maxSurge) {
        return maxSurge == 0 ? " one by one, in place" : " one by one, " + maxSurge + " above its size meanwhile";
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        PoolSpec wished = written.pools().get(pool);
        return RolloutOutcome.of(pool, wished == null ? 0 : wished.revision(), status);
    }

    @Override
    public boolean isStillWished(ServiceSpec written, ServiceSpec now) {
        return RolloutOutcome.isStillWished(pool, written, now);
    }
}
