/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.Change.Outcome;
import io.sparkconnect.launcher.Change.Proposal;
import io.sparkconnect.launcher.Waiting.Seen;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;

/**
 * Writes a change of the spec by compare-and-set, and waits for it to be brought about. Two operators cannot overwrite each
 * other unseen: when the spec was changed in between so that the change would do something else than was first seen, nothing
 * is written.
 */
final class ChangeSequence {
    private final Surroundings surroundings;
    private final OpenService service;
    private final ChangeOptions options;

    ChangeSequence(Surroundings surroundings, OpenService service, ChangeOptions options) {
        this.surroundings = surroundings;
        this.service = service;
        this.options = options;
    }

    /** The whole of a command that changes the spec. */
    static int perform(
            Surroundings surroundings,
            CommonOptions options,
            ServiceOption name,
            ChangeOptions changeOptions,
            Maker maker)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        try (OpenService service = OpenService.open(surroundings, options, name.name())) {
            Result result = new ChangeSequence(surroundings, service, changeOptions).run(maker.make(service));
            new Output(options, surroundings.terminal()).show(result.answer());
            return result.exitCode();
        }
    }

    /** @return what to show; the exit code is {@link ExitCode#DEGRADED} when it is done and servers are missing */
    Result run(Change change) throws CommandException, IOException, RegistryAwayException, InterruptedException {
        ServiceSpec seen = service.spec();
        ServiceStatus status = service.status();
        refuseUnlessRunning(seen);
        Proposal proposal = change.propose(seen, status);
        proposal.warnings().forEach(surroundings.terminal()::warn);
        boolean changes = !proposal.steps().isEmpty();
        if (options.dryRun()) {
            return new Result(answer(seen, changes, proposal.steps(), ""), ExitCode.OK);
        }
        ServiceSpec written = changes ? write(change, seen, proposal, status) : seen;
        if (options.patience() == null) {
            return new Result(answer(written, changes, proposal.steps(), ""), ExitCode.OK);
        }
        ServiceStatus reached = null;
        Outcome.Done done;
        try (Surroundings.Interrupts.Watch ignored = surroundings
                .interrupts()
                .onInterrupt(() -> surroundings
                        .terminal()
                        .say("not waiting any longer; it goes on all the same (see `status`)"))) {
            Awaited awaited = await(change, written, options.patience());
            reached = awaited.status();
            done = awaited.done();
        }
        boolean degraded = reached.state() != ServiceState.READY;
        if (degraded) {
            surroundings
                    .terminal()
                    .warn("the service is " + reached.state()
                            + (reached.message().isEmpty() ? "" : ": " + InWords.oneLine(reached.message(), 300)));
        }
        return new Result(
                answer(written, changes, proposal.steps(), done.how()), degraded ? ExitCode.DEGRADED : ExitCode.OK);
    }

    private ChangeAnswer answer(ServiceSpec spec, boolean changed, List<String> steps, String outcome) {
        return new ChangeAnswer(service.name(), spec.generation(), changed, options.dryRun(), steps, outcome);
    }

    private void refuseUnlessRunning(ServiceSpec spec) throws CommandException {
        if (spec.desired() == DesiredState.STOPPED) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "service " + service.name() + " is being stopped: nothing about it can be changed; "
                            + lastChange(spec));
        }
        Long expected = options.generation();
        if (expected != null && expected != spec.generation()) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "the spec is at generation " + spec.generation() + ", not " + expected
                            + " (--if-generation): nothing was changed; " + lastChange(spec));
        }
    }

    private ServiceSpec write(Change change, ServiceSpec seen, Proposal first, @Nullable ServiceStatus status)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        String user = UserGroupInformation.getCurrentUser().getShortUserName();
        long nowMs = surroundings.clock().millis();
        Trouble trouble = new Trouble();
        Optional<ServiceSpec> written = service.registry().updateSpec(now -> {
            trouble.what = null;
            try {
                refuseUnlessRunning(now);
                Proposal proposal = change.propose(now, status);
                if (proposal.steps().equals(first.steps())) {
                    return proposal.spec().next(nowMs, user, String.join("; ", proposal.steps()));
                }
                trouble.what = new CommandException(
                        ExitCode.FAILED,
                        List.of(
                                "the spec was changed meanwhile: nothing was written; " + lastChange(now),
                                "it would now be: "
                                        + (proposal.steps().isEmpty()
                                                ? "nothing to do"
                                                : String.join("; ", proposal.steps()))
                                        + "; repeat the command if that is wanted"),
                        null);
            } catch (CommandException e) {
                trouble.what = e;
            }
            return now;
        });
        if (trouble.what != null) {
            throw trouble.what;
        }
        if (written.isEmpty()) {
            throw ServiceName.notFound(service.name(), service.registry());
        }
        if (written.get().generation() > seen.generation() + 1) {
            surroundings
                    .terminal()
                    .say("another change came in between; both are in generation "
                            + written.get().generation());
        }
        return written.get();
    }

    private static String lastChange(ServiceSpec spec) {
        var history = spec.ordersOrNone().history();
        if (history.isEmpty()) {
            return "it is as launched";
        }
        var last = history.get(history.size() - 1);
        return "last change: " + last.by() + ", " + last.text() + " (generation " + last.generation() + ")";
    }

    private Awaited await(Change change, ServiceSpec written, Duration patience)
            throws CommandException, InterruptedException {
        return new Waiting(surroundings, patience)
                .until(
                        () -> look(change, written),
                        "not brought about",
                        "it goes on all the same (see `status` and `events`)");
    }

    private Seen<Awaited> look(Change change, ServiceSpec written)
            throws CommandException, RegistryAwayException, InterruptedException {
        ServiceStatus status = service.status();
        if (status == null || status.generation() < written.generation()) {
            return Seen.notYet("the ApplicationMaster to read generation " + written.generation());
        }
        if (status.state() == ServiceState.STOPPING || status.state() == ServiceState.STOPPED) {
            throw new CommandException(ExitCode.FAILED, "the service is being stopped meanwhile");
        }
        Outcome outcome = change.look(written, status);
        if (outcome instanceof Outcome.Failed failed) {
            throw new CommandException(ExitCode.FAILED, failed.why());
        }
        return outcome instanceof Outcome.Waiting waiting
                ? Seen.notYet(waiting.what())
                : Seen.reached(new Awaited(status, (Outcome.Done) outcome));
    }

    /** Makes the change, looking at the service where it has to. */
    interface Maker {
        Change make(OpenService service)
                throws CommandException, IOException, RegistryAwayException, InterruptedException;
    }

    record Result(ChangeAnswer answer, int exitCode) {}

    private record Awaited(ServiceStatus status, Outcome.Done done) {}

    /** What the last try to write met. */
    private static final class Trouble {
        @Nullable
        CommandException what;
    }
}
