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
import java.util.stream.Collectors;
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
        if (options.dryRun()) {
            return new Result(answer(seen, proposal.steps(), ""), ExitCode.OK);
        }
        Written wrote =
                proposal.steps().isEmpty() ? new Written(seen, List.of()) : write(change, seen, proposal, status);
        ServiceSpec written = wrote.spec();
        if (options.patience() == null) {
            return new Result(answer(written, wrote.steps(), ""), ExitCode.OK);
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
        return new Result(answer(written, wrote.steps(), done.how()), degraded ? ExitCode.DEGRADED : ExitCode.OK);
    }

    private ChangeAnswer answer(ServiceSpec spec, List<String> steps, String outcome) {
        return new ChangeAnswer(service.name(), spec.generation(), !steps.isEmpty(), options.dryRun(), steps, outcome);
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

    private Written write(Change change, ServiceSpec seen, Proposal first, @Nullable ServiceStatus status)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        String user = UserGroupInformation.getCurrentUser().getShortUserName();
        long nowMs = surroundings.clock().millis();
        Trouble trouble = new Trouble();
        Optional<ServiceSpec> written = service.registry().updateSpec(now -> {
            trouble.what = null;
            trouble.othersDidIt = false;
            try {
                refuseUnlessRunning(now);
                Proposal proposal = change.propose(now, status);
                if (proposal.steps().equals(first.steps())) {
                    return proposal.spec().next(nowMs, user, String.join("; ", proposal.steps()));
                }
                if (proposal.steps().isEmpty()) {
                    trouble.othersDidIt = true;
                    return now;
                }
                trouble.what = new CommandException(
                        ExitCode.FAILED,
                        List.of(
                                "the spec was changed meanwhile: nothing was written; " + lastChange(now),
                                "it would now be: " + String.join("; ", proposal.steps())
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
        if (trouble.othersDidIt) {
            surroundings.terminal().say("somebody else did it meanwhile; " + lastChange(written.get()));
            return new Written(written.get(), List.of());
        }
        if (written.get().generation() > seen.generation() + 1) {
            surroundings
                    .terminal()
                    .say("another change came in between; both are in generation "
                            + written.get().generation());
        }
        return new Written(written.get(), first.steps());
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
        Stand stand = new Stand(written.generation());
        return new Waiting(surroundings, patience)
                .until(
                        () -> look(change, written, stand),
                        "not brought about",
                        "it goes on all the same (see `status` and `events`)");
    }

    private Seen<Awaited> look(Change change, ServiceSpec written, Stand stand)
            throws CommandException, RegistryAwayException, InterruptedException {
        // In this order: a status that is at least as new as the spec shows what a later command has tidied away as
        // done.
        Optional<ServiceSpec> now = service.registry().readSpec();
        Seen<Awaited> seen = look(change, written, service.status());
        if (seen.reached() == null) {
            refuseWhatIsNotWishedAnyMore(change, written, now, stand);
        }
        return seen;
    }

    /** What another operator has replaced will not come about, however long one waits. */
    private static void refuseWhatIsNotWishedAnyMore(
            Change change, ServiceSpec written, Optional<ServiceSpec> now, Stand stand) throws CommandException {
        if (now.isEmpty()) {
            throw new CommandException(ExitCode.FAILED, "the service is gone meanwhile");
        }
        if (now.get().generation() == stand.atGeneration) {
            return;
        }
        if (change.isStillWished(written, now.get())) {
            stand.atGeneration = now.get().generation();
            return;
        }
        String replacedBy = now.get().ordersOrNone().history().stream()
                .filter(later -> later.generation() > stand.atGeneration)
                .map(later -> "generation " + later.generation() + " (" + later.by() + ", " + later.text() + ")")
                .collect(Collectors.joining(", "));
        throw new CommandException(
                ExitCode.FAILED,
                "not waiting any longer: what generation " + written.generation()
                        + " wished is not wished any more, by "
                        + (replacedBy.isEmpty() ? "generation " + now.get().generation() : replacedBy)
                        + " (see `status`)");
    }

    private static Seen<Awaited> look(Change change, ServiceSpec written, @Nullable ServiceStatus status)
            throws CommandException {
        if (status == null || status.generation() < written.generation()) {
            return Seen.notYet("the ApplicationMaster to read generation " + written.generation() + refusal(status));
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

    /** An ApplicationMaster that cannot follow a spec says so in its last decision. */
    private static String refusal(@Nullable ServiceStatus status) {
        if (status == null || status.decisions().isEmpty()) {
            return "";
        }
        String last = status.decisions().get(status.decisions().size() - 1).text();
        return last.startsWith("keeps generation ") ? ", which " + InWords.oneLine(last, 400) : "";
    }

    /** Makes the change, looking at the service where it has to. */
    interface Maker {
        Change make(OpenService service)
                throws CommandException, IOException, RegistryAwayException, InterruptedException;
    }

    /** @param steps what this command did; empty when all was so already */
    private record Written(ServiceSpec spec, List<String> steps) {}

    /** The last generation that was seen to hold the change still. */
    private static final class Stand {
        private long atGeneration;

        Stand(long atGeneration) {
            this.atGeneration = atGeneration;
        }
    }

    record Result(ChangeAnswer answer, int exitCode) {}

    private record Awaited(ServiceStatus status, Outcome.Done done) {}

    /** What the last try to write met. */
    private static final class Trouble {
        @Nullable
        CommandException what;

        boolean othersDidIt;
    }
}
