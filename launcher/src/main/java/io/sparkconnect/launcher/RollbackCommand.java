/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "rollback",
        description = {
            "Brings a pool back to all that its servers were started with before its last rollout, by `upgrade` or by `set`,"
                    + " server by server. Servers that still run with that stay as they are, so it also ends a rollout that is"
                    + " under way. What needs no new server, such as the pool's size, stays as it is today.",
            "After a rollout that went back by itself it makes that the wish, and touches no server. Repeated after a"
                    + " finished rollback, it goes forward again."
        },
        sortOptions = false)
final class RollbackCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Mixin
    private PoolChoice pool = new PoolChoice();

    @Mixin
    private SurgeOption surge = new SurgeOption();

    @Mixin
    private ChangeOptions change = new ChangeOptions();

    RollbackCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        return ChangeSequence.perform(
                surroundings, options, service, change, open -> new RollbackChange(pool, surge.most()));
    }
}
