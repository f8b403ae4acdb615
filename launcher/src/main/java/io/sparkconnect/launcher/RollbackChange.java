/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The way back from a pool's last rollout, to all that its servers were started with before. */
final class RollbackChange implements Change {
    private final PoolChoice choice;
    private final int maxSurge;
    private String pool = "";

    RollbackChange(PoolChoice choice, int maxSurge) {
        this.choice = choice;
        this.maxSurge = maxSurge;
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        PoolSpec now = choice.of(spec);
        pool = now.name();
        RolloutOrder order = now.rollout();
        PoolSpec previous = order == null ? null : order.previous();
        if (order == null || previous == null) {
            if (order != null && order.what().startsWith("back from")) {
                return Proposal.nothing(spec);
            }
            throw new CommandException(
                    ExitCode.FAILED,
                    "pool " + pool + " has nothing to go back to: "
                            + (order == null ? "there was no upgrade" : "its last rollout was a " + order.what()));
        }
        boolean settled = RolloutOutcome.isSettled(pool, now.revision(), status);
        // The revision that the old servers carry: those that are still there need not be started anew.
        RolloutOrder back = new RolloutOrder(
                previous.revision(),
                "back from " + order.what(),
                false,
                maxSurge,
                settled ? PoolChanges.lastGood(now, status) : null);
        ServiceSpec after = PoolChanges.put(spec, now.startedLike(previous).withRollout(back));
        List<String> differences = SettingDifferences.between(spec.settings(), after.settings());
        return new Proposal(
                after,
                List.of("roll pool " + pool + " back from " + order.what()
                        + (differences.isEmpty() ? "" : ": set " + String.join(", ", differences))
                        + RestartChange.rolling(maxSurge)),
                List.of());
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
