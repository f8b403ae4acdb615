/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "restart",
        description = {
            "Starts all servers of a pool anew. Sessions go on until they end or sparkconnect.drain.timeout comes.",
            "With --rolling, new servers come first: an old one drains when a new one is ready in its place. Without it, all"
                    + " old servers drain at once, and new sessions wait for the new ones."
        },
        sortOptions = false)
final class RestartCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Mixin
    private PoolChoice pool = new PoolChoice();

    @Option(names = "--rolling", description = "One after the other, new ones first.")
    private boolean rolling;

    @Mixin
    private SurgeOption surge = new SurgeOption();

    @Mixin
    private ChangeOptions change = new ChangeOptions();

    RestartCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        return ChangeSequence.perform(
                surroundings, options, service, change, open -> new RestartChange(pool, !rolling, surge.most()));
    }
}
