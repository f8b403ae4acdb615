/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a look at YARN and the registry says about a launch. Pure. */
sealed interface LaunchVerdict {
    /** Every pool has its servers. */
    record Ready(ServiceStatus status) implements LaunchVerdict {}

    /** It will not come up any more. */
    record Failed(String cause) implements LaunchVerdict {}

    /** @param what the state and what it waits for, one line */
    record Waiting(String what) implements LaunchVerdict {}

    /**
     * @param application null when the ResourceManager did not say
     * @param status null when there is none yet
     * @param launched what is waited for
     */
    static LaunchVerdict of(
            @Nullable Application application,
            @Nullable ServiceStatus status,
            LaunchSequence.Launched launched,
            long nowMs) {
        // What an earlier application of the service said is no news.
        ServiceStatus ours = status != null && status.applicationId().equals(launched.applicationId()) ? status : null;
        if (application != null && application.isOver()) {
            return new Failed(launched.applicationId() + " is " + application.state() + ": "
                    + (application.diagnostics().isEmpty() ? "no diagnostics" : application.diagnostics())
                    + (ours == null || ours.message().isEmpty()
                            ? ""
                            : "; the ApplicationMaster said: " + ours.message()));
        }
        if (ours == null) {
            return new Waiting(beforeTheFirstWord(application));
        }
        if (ours.state() == ServiceState.READY && ours.generation() >= launched.generation()) {
            return new Ready(ours);
        }
        return new Waiting(inWords(ours, nowMs));
    }

    private static String beforeTheFirstWord(@Nullable Application application) {
        if (application == null) {
            return "YARN does not answer at the moment";
        }
        String why = InWords.oneLine(application.diagnostics(), 200);
        return switch (application.state()) {
            case "NEW", "NEW_SAVING", "SUBMITTED" -> application.state() + ": YARN is taking the application";
            case "ACCEPTED" ->
                "ACCEPTED: waiting for the ApplicationMaster's container" + (why.isEmpty() ? "" : " (" + why + ")");
            default -> application.state() + ": waiting for the ApplicationMaster's first word";
        };
    }

    /** The ApplicationMaster's message names what its slots wait for; without one, the slots speak for themselves. */
    private static String inWords(ServiceStatus status, long nowMs) {
        int ready = status.pools().values().stream().mapToInt(PoolStatus::ready).sum();
        int desired =
                status.pools().values().stream().mapToInt(PoolStatus::desired).sum();
        String why = InWords.oneLine(status.message(), 300);
        return status.state() + ": " + ready + " of " + InWords.count(desired, "server") + " ready; "
                + (why.isEmpty() ? slots(status, nowMs) : why);
    }

    private static String slots(ServiceStatus status, long nowMs) {
        List<String> parts = new ArrayList<>();
        for (SlotStatus slot : status.slots()) {
            if (slot.state() != SlotState.READY && parts.size() < 3) {
                String reason = InWords.oneLine(slot.reason(), 120);
                parts.add(slot.slot() + " " + slot.state() + " for "
                        + InWords.age(Duration.ofMillis(nowMs - slot.sinceMs()))
                        + (reason.isEmpty() ? "" : " (" + reason + ")"));
            }
        }
        return parts.isEmpty() ? "waiting for the ApplicationMaster" : String.join(", ", parts);
    }
}
