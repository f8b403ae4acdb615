/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionTable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "sessions",
        description = {
            "Lists the sessions that the proxies have bound to servers, in no order: user, session, server, age, last use.",
            "Reads ZooKeeper part by part and prints as it reads, so that any number of sessions will do. LAST USE is written"
                    + " down every ten minutes at most."
        },
        sortOptions = false)
final class SessionsCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Option(names = "--user", paramLabel = "USER", description = "Only this user's.")
    private @Nullable String user;

    @Option(
            names = "--server",
            paramLabel = "SERVER",
            description =
                    "Only those on this server: a slot (default-0) or a container id, of a server that is gone too.")
    private @Nullable String server;

    @Mixin
    private PoolFilter pool = new PoolFilter();

    @Option(names = "--count", description = "Says only how many there are, by server.")
    private boolean count;

    SessionsCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, RegistryAwayException, InterruptedException {
        try (OpenService open = OpenService.open(surroundings, options, service.name())) {
            pool.check(open.spec(), open.status());
            ServerNames servers = new ServerNames(open.status());
            String serverId = server == null ? null : servers.serverId(server);
            Predicate<SessionBinding> wanted = binding -> (user == null || user.equals(binding.userId()))
                    && (serverId == null || serverId.equals(binding.serverId()))
                    && pool.shows(servers.poolOf(binding));
            if (count) {
                showCounts(open, wanted, servers);
            } else {
                showAll(open, wanted, servers);
            }
            return ExitCode.OK;
        }
    }

    private void showAll(OpenService open, Predicate<SessionBinding> wanted, ServerNames servers)
            throws RegistryAwayException, InterruptedException {
        SessionLines lines = new SessionLines(
                options, surroundings.terminal(), surroundings.clock().millis(), servers);
        Set<String> users = new HashSet<>();
        int sessions = 0;
        lines.begin();
        for (int bucket = 0; bucket < SessionTable.BUCKETS; bucket++) {
            for (SessionBinding binding : open.registry().readSessions(bucket)) {
                if (wanted.test(binding)) {
                    lines.add(binding);
                    users.add(binding.userId());
                    sessions++;
                }
            }
        }
        lines.end();
        if (options.output().isForPeople()) {
            surroundings
                    .terminal()
                    .say(InWords.count(sessions, "session") + " of " + InWords.count(users.size(), "user"));
        }
    }

    private void showCounts(OpenService open, Predicate<SessionBinding> wanted, ServerNames servers)
            throws RegistryAwayException, InterruptedException {
        Map<String, Integer> byServer = new HashMap<>();
        for (int bucket = 0; bucket < SessionTable.BUCKETS; bucket++) {
            open.registry().readSessions(bucket).stream()
                    .filter(wanted)
                    .forEach(binding -> byServer.merge(binding.serverId(), 1, Integer::sum));
        }
        new Output(options, surroundings.terminal()).show(SessionCounts.of(byServer, servers));
    }

    /** How many sessions each server has, the fullest first. */
    private record SessionCounts(List<Row> rows) implements Answer {
        record Row(String server, String serverId, int sessions) {}

        static SessionCounts of(Map<String, Integer> byServer, ServerNames servers) {
            return new SessionCounts(byServer.entrySet().stream()
                    .map(entry -> new Row(servers.slot(entry.getKey()), entry.getKey(), entry.getValue()))
                    .sorted((a, b) -> b.sessions() - a.sessions())
                    .toList());
        }

        @Override
        public String text(boolean wide, boolean headers) {
            TextTable table = new TextTable(headers, "SERVER", "CONTAINER", "SESSIONS");
            rows.forEach(row -> table.row(row.server(), row.serverId(), row.sessions()));
            table.row("all", "-", rows.stream().mapToInt(Row::sessions).sum());
            return table.toString();
        }

        @Override
        public List<String> names() {
            return rows.stream().map(Row::serverId).toList();
        }

        @Override
        public Object records() {
            return rows;
        }
    }
}
