/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.SessionTable;
import io.sparkconnect.registry.settings.NearestName;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "kill-session",
        description = {
            "Ends sessions at once: what runs in them is interrupted, and their clients are told by whom and why.",
            "The proxies do it. They refuse the sessions from then on; a client gets a new one from"
                    + " SparkSession.builder.getOrCreate(). The server lives on."
        },
        sortOptions = false)
final class KillSessionCommand implements Callable<Integer> {
    private static final int LONGEST_REASON = 500;

    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Parameters(
            arity = "0..*",
            paramLabel = "SESSION",
            description =
                    "A session id, the beginning of one (four characters or more) that no other has, or USER/SESSION"
                            + " as `sessions -o name` prints it.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--user", paramLabel = "USER", description = "Only this user's; without SESSION all of them.")
    private @Nullable String user;

    @Option(
            names = "--server",
            paramLabel = "SERVER",
            description = "Only those on this server: a slot (default-0) or a container id.")
    private @Nullable String server;

    @Option(names = "--reason", paramLabel = "TEXT", description = "What their users are told, and `events` shows.")
    private @Nullable String reason;

    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = "1m",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description =
                    "Waits until they have ended; at most so long (default with --wait: 1m), and exits with 4 then.")
    private @Nullable Duration patience;

    @Option(names = "--dry-run", description = "Says which sessions it would end, and ends none.")
    private boolean dryRun;

    KillSessionCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        check();
        try (OpenService open = OpenService.open(surroundings, options, service.name())) {
            // Says so where there is no such service.
            ServiceSpec unused = open.spec();
            ServerNames servers = new ServerNames(open.status());
            SessionChoice.Chosen chosen = choose(open, servers);
            String outcome = "";
            if (!dryRun && !chosen.sessions().isEmpty()) {
                KillSequence kill = new KillSequence(surroundings, open.registry());
                kill.write(
                        chosen.sessions(), UserGroupInformation.getCurrentUser().getShortUserName(), reason);
                outcome = patience == null ? "" : kill.await(chosen.sessions(), patience);
            }
            new Output(options, surroundings.terminal())
                    .show(new KillAnswer(
                            chosen.sessions(),
                            chosen.already(),
                            dryRun,
                            outcome,
                            servers,
                            surroundings.clock().millis()));
            return ExitCode.OK;
        }
    }

    private void check() throws CommandException {
        List<String> mistakes = new ArrayList<>();
        if (names.isEmpty() && user == null) {
            mistakes.add(
                    server == null
                            ? "which session? (expected: SESSION or --user USER; `sessions` lists them)"
                            : "--server alone (expected: SESSION or --user USER with it; `drain " + server
                                    + " --now` ends all sessions of a server, and the server)");
        }
        if (reason != null && reason.length() > LONGEST_REASON) {
            mistakes.add("--reason: " + reason.length() + " characters (expected: at most " + LONGEST_REASON + ")");
        }
        if (!mistakes.isEmpty()) {
            throw new CommandException(ExitCode.BAD_INPUT, mistakes, null);
        }
    }

    private SessionChoice.Chosen choose(OpenService open, ServerNames servers)
            throws CommandException, RegistryAwayException, InterruptedException {
        String serverId = server == null ? null : servers.serverId(server);
        Set<String> users = new TreeSet<>();
        List<SessionBinding> bound = new ArrayList<>();
        for (int bucket = 0; bucket < SessionTable.BUCKETS; bucket++) {
            for (SessionBinding binding : open.registry().readSessions(bucket)) {
                users.add(binding.userId());
                if ((user == null || user.equals(binding.userId()))
                        && (serverId == null || serverId.equals(binding.serverId()))) {
                    bound.add(binding);
                }
            }
        }
        List<SessionKill> kills = open.registry().readKills();
        if (!names.isEmpty()) {
            return new SessionChoice(bound, kills, servers).byName(names);
        }
        if (user != null && !users.contains(user) && !wasKilled(kills, user)) {
            throw new CommandException(
                    ExitCode.NOT_FOUND,
                    "user " + user + " has no session"
                            + NearestName.near(user, users)
                                    .map(near -> " (did you mean " + near + "?)")
                                    .orElse(""));
        }
        return new SessionChoice.Chosen(bound, List.of());
    }

    private static boolean wasKilled(Collection<SessionKill> kills, String user) {
        return kills.stream()
                .flatMap(kill -> kill.sessions().stream())
                .anyMatch(session -> session.userId().equals(user));
    }
}
