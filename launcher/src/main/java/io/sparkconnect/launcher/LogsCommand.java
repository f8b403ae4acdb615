/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotStatus;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "logs",
        description = {
            "Shows the end of a server's log, of one that is gone too, and says where all of it is.",
            "Asks the node that ran it. When that does not show it, nothing is printed but why, the exit code is 1, and the"
                    + " `yarn logs` command that has it once YARN has collected it is named."
        },
        sortOptions = false)
final class LogsCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Parameters(index = "0", paramLabel = "SERVER", description = "A slot (default-0) or a server's container id.")
    private String name = "";

    @Option(
            names = "--file",
            paramLabel = "NAME",
            defaultValue = "stderr",
            description = "Which of its files (default: ${DEFAULT-VALUE}; stdout is the other one).")
    private String file = "stderr";

    @Option(
            names = "--tail",
            paramLabel = "KIB",
            defaultValue = "16",
            description = "How much of its end, KiB (default: ${DEFAULT-VALUE}).")
    private int tailKib = 16;

    LogsCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, RegistryAwayException, InterruptedException {
        if (tailKib < 1 || tailKib > 10_240) {
            throw new CommandException(ExitCode.BAD_INPUT, "--tail: " + tailKib + " (expected: 1 to 10240)");
        }
        if (!file.matches("[A-Za-z0-9._-]+")) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--file: " + file + " (expected: a file's name, such as stderr)");
        }
        try (OpenService open = OpenService.open(surroundings, options, service.name())) {
            open.spec();
            ServiceStatus status = open.status();
            Log log = find(status, open.registry().readDeaths());
            String command = "yarn logs -applicationId " + (status == null ? "?" : status.applicationId())
                    + " -containerId " + log.serverId();
            String tail = null;
            String trouble = "its node is not known";
            try {
                tail = log.url() == null ? null : new NodeLogs(log.url()).tail(log.serverId(), file, tailKib * 1024L);
            } catch (IOException e) {
                trouble = InWords.oneLine(e.getMessage(), 300);
            }
            show(log, tail, command);
            if (tail == null) {
                throw new CommandException(
                        ExitCode.FAILED,
                        file + " of " + log.serverId() + " cannot be shown: " + trouble
                                + " (once YARN has collected it: " + command + ")");
            }
            return ExitCode.OK;
        }
    }

    private void show(Log log, @Nullable String tail, String command) {
        boolean forPeople = options.output().isForPeople();
        if (tail == null && forPeople) {
            return;
        }
        Map<String, Object> records = new LinkedHashMap<>();
        records.put("serverId", log.serverId());
        records.put("file", file);
        records.put("url", log.url());
        records.put("command", command);
        records.put("tail", tail);
        new Output(options, surroundings.terminal())
                .show(new Said(tail == null ? "" : tail, List.of(log.serverId()), records));
        if (forPeople) {
            surroundings
                    .terminal()
                    .say("all of it: " + log.url() + "/" + file + "/?start=0\nafter its end: " + command);
        }
    }

    private Log find(@Nullable ServiceStatus status, List<DeathCertificate> deaths) throws CommandException {
        for (DeathCertificate death : deaths) {
            if (death.serverId().equals(name)) {
                return new Log(name, death.logUrl());
            }
        }
        SlotStatus slot = new Targets(status, Orders.NONE, List.of()).server(name);
        if (slot.serverId() != null) {
            return new Log(slot.serverId(), slot.logUrl());
        }
        // The slot waits for its next server: its last one tells why.
        DeathCertificate last = null;
        for (DeathCertificate death : deaths) {
            if (death.slot().equals(slot.slot()) && (last == null || death.diedAtMs() > last.diedAtMs())) {
                last = death;
            }
        }
        if (last == null) {
            throw new CommandException(
                    ExitCode.NOT_FOUND, slot.slot() + " has no server, and had none: it is " + slot.state());
        }
        surroundings.terminal().say(slot.slot() + " has no server now; this is its last one, " + last.serverId());
        return new Log(last.serverId(), last.logUrl());
    }

    private record Log(String serverId, @Nullable String url) {}
}
