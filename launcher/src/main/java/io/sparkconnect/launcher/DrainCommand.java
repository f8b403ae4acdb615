/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drain",
        description = {
            "Takes servers, or all servers of nodes, out of service in peace: no new sessions, existing ones go on until they"
                    + " end or the deadline comes, then the servers stop. Others are started for them at once, and none on a"
                    + " drained node.",
            "A drained server is gone for good; a node stays drained until `undrain`."
        },
        sortOptions = false)
final class DrainCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Parameters(
            arity = "1..*",
            paramLabel = "SERVER|NODE",
            description = "A slot (default-0), a server's container id, a node id (host:port) or a host.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--within",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "How long sessions may go on, in place of sparkconnect.drain.timeout.")
    private @Nullable Duration within;

    @Option(names = "--now", description = "Does not wait for sessions: the same as --within 0s.")
    private boolean now;

    @Mixin
    private ChangeOptions change = new ChangeOptions();

    DrainCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        if (now && within != null) {
            throw new CommandException(ExitCode.BAD_INPUT, "--now and --within are both given (expected: one of them)");
        }
        return ChangeSequence.perform(
                surroundings,
                options,
                service,
                change,
                open -> new DrainChange(
                        names,
                        ClusterNodes.of(surroundings, open),
                        now ? Duration.ZERO : within,
                        surroundings.clock()));
    }
}
