/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;

/** Brings a service to its end, whatever is left of it, and can be repeated without harm. */
final class StopSequence {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    /** Beyond the drain deadline and the servers' own grace: for the ApplicationMaster's next attempt to finish the work. */
    private static final Duration MARGIN = Duration.ofSeconds(60);

    private final Settings given;
    private final ClusterView yarn;
    private final OperatorRegistry registry;
    private final Leftovers leftovers;
    private final Surroundings surroundings;
    private final String service;

    /** @param given by the user: says where the service is, and what holds where its spec is gone */
    StopSequence(
            Settings given, ClusterView yarn, OperatorRegistry registry, Staging staging, Surroundings surroundings) {
        this.given = given;
        this.yarn = yarn;
        this.registry = registry;
        this.surroundings = surroundings;
        this.service = given.get(ServiceSettings.SERVICE_NAME);
        this.leftovers = new Leftovers(service, yarn, registry, staging, surroundings.terminal());
    }

    /**
     * @param wished how long sessions may go on; null for the service's own sparkconnect.drain.timeout
     * @param patience how long to wait; null to wait for the end and to enforce it
     * @return what was done, for the user
     * @throws CommandException when there is no such service, or it is not gone in time
     */
    String run(@Nullable Duration wished, @Nullable Duration patience)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        List<Application> applications = yarn.applications(LaunchContract.serviceTag(service));
        List<Application> living =
                applications.stream().filter(one -> !one.isOver()).toList();
        boolean registered = leftovers.isRegistered();
        if (living.isEmpty()) {
            return cleanUp(applications, registered);
        }
        Settings own = ownSettings();
        Duration drain = wished == null ? own.get(ServiceSettings.DRAIN_TIMEOUT) : wished;
        boolean heard = registered && askToStop(drain);
        if (!heard) {
            for (Application one : living) {
                surroundings
                        .terminal()
                        .say("killing " + one.id() + ": its spec is not in ZooKeeper, so it cannot be asked to stop");
                yarn.kill(one.id(), "stopped by the launcher: its spec was gone");
            }
        }
        if (patience != null && patience.isZero()) {
            return "stopping " + service + ": sessions may go on for " + InWords.age(drain) + " (see `status`)";
        }
        Duration enforceAfter = drain.plus(own.get(ServiceSettings.STOP_GRACE)).plus(MARGIN);
        return awaitEnd(living, enforceAfter, patience, !heard);
    }

    /** What the service runs with: `set` may have changed it, and this user's files may be another's. */
    private Settings ownSettings() throws RegistryAwayException, InterruptedException {
        try {
            return registry.readSpec()
                    .map(spec -> SpecSettings.configuration(spec.settings(), "the service's spec")
                            .settings())
                    .orElse(given);
        } catch (RegistryDataException e) {
            return given;
        }
    }

    /** Yields false when there is no readable spec to change. */
    private boolean askToStop(Duration drain) throws IOException, RegistryAwayException, InterruptedException {
        String user = UserGroupInformation.getCurrentUser().getShortUserName();
        long nowMs = surroundings.clock().millis();
        String what = drain.isZero() ? "stop at once" : "stop, sessions may go on for " + InWords.age(drain);
        try {
            Optional<ServiceSpec> asked = registry.updateSpec(spec -> {
                boolean already = spec.desired() == DesiredState.STOPPED && spec.drainDeadlineMs() == drain.toMillis();
                return already ? spec : spec.stopped(drain.toMillis(), nowMs, user, what);
            });
            return asked.isPresent();
        } catch (RegistryDataException e) {
            return false;
        }
    }

    /**
     * @param enforceAfter what has not ended then is killed
     * @param abandoned whether the ApplicationMaster could not be asked
     */
    private String awaitEnd(
            List<Application> living, Duration enforceAfter, @Nullable Duration patience, boolean abandoned)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        Progress progress = new Progress(surroundings.terminal(), surroundings.clock());
        boolean killed = false;
        try (Surroundings.Interrupts.Watch ignored = surroundings
                .interrupts()
                .onInterrupt(() -> surroundings
                        .terminal()
                        .say("not waiting any longer; the service goes on stopping (see `status`)"))) {
            while (true) {
                List<Application> left = stillThere(living);
                if (left.isEmpty()) {
                    break;
                }
                if (patience != null && progress.elapsed().compareTo(patience) >= 0) {
                    throw new CommandException(
                            ExitCode.TIMED_OUT,
                            "not gone within " + InWords.age(patience)
                                    + "; the service goes on stopping (see `status`)");
                }
                if (!killed && progress.elapsed().compareTo(enforceAfter) >= 0) {
                    killed = true;
                    for (Application one : left) {
                        surroundings
                                .terminal()
                                .say("killing " + one.id() + ": it did not end within " + InWords.age(enforceAfter));
                        yarn.kill(one.id(), "stopped by the launcher: it did not end in time");
                    }
                }
                progress.show(waitingFor(left));
                surroundings.pause().sleep(LOOK_AGAIN);
            }
        }
        List<String> removed = new ArrayList<>(leftovers.remove(living));
        if (killed || abandoned) {
            removed.addAll(leftovers.killServerApplications());
        }
        String how = killed ? "killed after " + InWords.age(enforceAfter) : "stopped";
        return service + " " + how + " (" + living.get(0).id() + ")"
                + (removed.isEmpty() ? "" : "; removed " + String.join(", ", removed));
    }

    private List<Application> stillThere(List<Application> living) {
        List<Application> left = new ArrayList<>();
        for (Application one : living) {
            try {
                yarn.application(one.id()).filter(now -> !now.isOver()).ifPresent(left::add);
            } catch (IOException e) {
                // The ResourceManager may be restarting; the deadline bounds how long we believe that.
                left.add(one);
            }
        }
        return left;
    }

    private String waitingFor(List<Application> left) throws InterruptedException {
        try {
            Optional<ServiceStatus> status = registry.readStatus();
            if (status.isPresent()) {
                long servers = status.get().slots().stream()
                        .filter(slot -> slot.serverId() != null && slot.state() != SlotState.GONE)
                        .count();
                int sessions = status.get().slots().stream()
                        .mapToInt(slot -> Math.max(0, slot.sessions()))
                        .sum();
                String message = InWords.oneLine(status.get().message(), 200);
                return status.get().state() + ": " + InWords.count((int) servers, "server") + " with "
                        + InWords.count(sessions, "session") + " left" + (message.isEmpty() ? "" : "; " + message);
            }
        } catch (RegistryAwayException | RegistryDataException e) {
            return "ZooKeeper: " + InWords.oneLine(e.getMessage(), 200);
        }
        return left.get(0).id() + " is " + left.get(0).state() + ": waiting for its end";
    }

    /** The ApplicationMaster is not there, and will not come back. */
    private String cleanUp(List<Application> over, boolean registered)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        List<String> removed = new ArrayList<>(leftovers.remove(over));
        removed.addAll(leftovers.killServerApplications());
        if (removed.isEmpty() && !registered) {
            throw ServiceName.notFound(service, registry);
        }
        return service + " has no living application; removed " + String.join(", ", removed);
    }
}
