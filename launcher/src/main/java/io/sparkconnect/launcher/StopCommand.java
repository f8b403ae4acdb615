/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "stop",
        description = {
            "Stops a service: sessions may end within the drain deadline, then servers, application, registry and staging go.",
            "Waits until all is gone. Where the ApplicationMaster is not there to do it, this command cleans up itself."
        },
        sortOptions = false)
final class StopCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "SERVICE",
            description = "Its name, in place of sparkconnect.service.name.")
    private @Nullable String name;

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Option(
            names = "--drain",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "How long sessions may go on, in place of the service's sparkconnect.drain.timeout.")
    private @Nullable Duration drain;

    @Option(names = "--now", description = "Does not wait for sessions: the same as --drain 0s.")
    private boolean now;

    @Option(
            names = "--wait",
            arity = "0..1",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            fallbackValue = "365d",
            description =
                    "Waits at most so long and exits with 4 then, while the service goes on stopping. Without it, the"
                            + " command waits for the drain deadline and a margin, and kills what is left after that.")
    private @Nullable Duration wait;

    @Option(names = "--no-wait", description = "Returns as soon as the wish is written.")
    private boolean noWait;

    StopCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        if (now && drain != null) {
            throw new CommandException(ExitCode.BAD_INPUT, "--now and --drain are both given (expected: one of them)");
        }
        if (noWait && wait != null) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--wait and --no-wait are both given (expected: one of them)");
        }
        ClientConfiguration configuration = ClientConfiguration.load(options, surroundings.environment());
        Settings settings = ServiceConfiguration.read(
                        ServiceName.over(configuration.given(), name == null ? service.name() : name))
                .orElseThrow();
        try (ClusterView yarn = surroundings.yarn().connect(configuration.hadoop());
                OperatorRegistry registry = surroundings.registry().open(settings)) {
            StopSequence stop = new StopSequence(
                    settings, yarn, registry, Staging.at(settings, configuration.hadoop()), surroundings);
            String outcome = stop.run(now ? Duration.ZERO : drain, noWait ? Duration.ZERO : wait);
            String stopped = settings.get(ServiceSettings.SERVICE_NAME);
            new Output(options, surroundings.terminal())
                    .show(new Said(outcome, List.of(stopped), Map.of("service", stopped, "outcome", outcome)));
            return ExitCode.OK;
        }
    }
}
