/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "events",
        description = {
            "Shows what happened to a service: changes by operators, sessions that they ended, decisions of its ApplicationMaster,"
                    + " and ends of servers"
                    + " with cause, container, node, exit status, what to do and the end of their stderr.",
            "Reads ZooKeeper: the last 30 changes, the last 50 decisions, deaths and ended sessions of the last"
                    + " sparkconnect.deaths.keep."
        },
        sortOptions = false)
final class EventsCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Option(
            names = "--since",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "Only what is not older.")
    private @Nullable Duration since;

    @Option(names = "--last", paramLabel = "N", description = "Only the last so many.")
    private @Nullable Integer last;

    @Option(
            names = "--kind",
            split = ",",
            paramLabel = "KIND",
            description = "Only of these kinds: ${COMPLETION-CANDIDATES}.")
    private Set<ServiceEvent.Kind> kinds = Set.of();

    @Mixin
    private PoolFilter pool = new PoolFilter();

    @Mixin
    private WatchOption watch = new WatchOption();

    EventsCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws Exception {
        if (last != null && last < 1) {
            throw new CommandException(ExitCode.BAD_INPUT, "--last: " + last + " (expected: at least 1)");
        }
        try (OpenService open = OpenService.open(surroundings, options, service.name())) {
            Set<ServiceEvent> shown = new HashSet<>();
            return watch.run(surroundings, () -> {
                // What was shown before is shown once; the next looks add to it.
                List<ServiceEvent> news = events(open, shown.isEmpty()).stream()
                        .filter(shown::add)
                        .toList();
                boolean first = shown.size() == news.size();
                if (first || !news.isEmpty()) {
                    EventList list = new EventList(news, surroundings.clock().millis());
                    surroundings
                            .terminal()
                            .data(
                                    first || !options.output().isForPeople()
                                            ? new Output(options, surroundings.terminal()).render(list)
                                            : list.text(options.output() == CommonOptions.OutputForm.wide, false)
                                                    .stripTrailing());
                }
                return ExitCode.OK;
            });
        }
    }

    private List<ServiceEvent> events(OpenService open, boolean first)
            throws CommandException, RegistryAwayException, InterruptedException {
        ServiceSpec spec = open.registry().readSpec().orElse(null);
        ServiceStatus status = open.status();
        if (spec == null && status == null) {
            throw ServiceName.notFound(open.name(), open.registry());
        }
        pool.check(spec, status);
        long fromMs = since == null ? Long.MIN_VALUE : surroundings.clock().millis() - since.toMillis();
        List<ServiceEvent> events =
                ServiceEvent.of(
                                spec,
                                status,
                                open.registry().readDeaths(),
                                open.registry().readKills())
                        .stream()
                        .filter(event -> event.atMs() >= fromMs)
                        .filter(event -> event.death() == null
                                ? pool.showsText(event.subject() + ": " + event.text())
                                : pool.shows(event.death().pool()))
                        .filter(event -> kinds.isEmpty() || kinds.contains(event.kind()))
                        .toList();
        return first && last != null ? events.subList(Math.max(0, events.size() - last), events.size()) : events;
    }
}
