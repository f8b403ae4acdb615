/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "undrain",
        description = "Lets drained nodes have servers again, and servers that still drain take new sessions again.",
        sortOptions = false)
final class UndrainCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Parameters(
            arity = "0..*",
            paramLabel = "SERVER|NODE",
            description = "A slot (default-0), a server's container id, a node id (host:port) or a host.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--all", description = "Everything that is drained.")
    private boolean all;

    @Mixin
    private ChangeOptions change = new ChangeOptions();

    UndrainCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        if (all == !names.isEmpty()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    all
                            ? "--all and names are both given (expected: one of them)"
                            : "what? (expected: servers, nodes or --all)");
        }
        return ChangeSequence.perform(
                surroundings,
                options,
                service,
                change,
                open -> new UndrainChange(names, all ? List.of() : ClusterNodes.of(surroundings, open)));
    }
}
