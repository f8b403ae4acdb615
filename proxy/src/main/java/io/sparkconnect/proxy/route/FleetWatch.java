/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.ServerSnapshot;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges servers: by what the registry lists, and by their own answers where the registry has lost them without a word. Such a
 * server is asked whether it lives; it stays in use for its sessions while it answers. Confined to the core thread.
 */
final class FleetWatch {
    private static final Logger LOG = LoggerFactory.getLogger(FleetWatch.class);

    /** Failures in a row, of connections and of questions, after which a server that only memory vouches for is gone. */
    private static final int FAILURES_THAT_REFUTE = 3;
    /** How often such servers are asked whether they live. */
    private static final long ASK_REMEMBERED_EVERY_MS = 10_000;
    /** How often servers are asked that have only just vanished. */
    private static final long ASK_VANISHED_EVERY_MS = 1000;

    private final RouterState state;
    private final Inquiry inquiry;
    private final Runnable fleetChanged;
    private long askRememberedAtMs;
    private long askVanishedAtMs;

    /** @param fleetChanged who waits for a server may find one now */
    FleetWatch(RouterState state, Inquiry inquiry, Runnable fleetChanged) {
        this.state = state;
        this.inquiry = inquiry;
        this.fleetChanged = fleetChanged;
    }

    void snapshotChanged(ServerSnapshot snapshot) {
        Fleet before = state.fleet;
        Fleet after = before.next(snapshot, state.now());
        state.fleet = after;
        state.seats.loadsPublished(before, after, state.now());
        state.suspects.forgetAllBut(after.members().keySet());
        reportDamage(before, after);
        if (before.connected() != after.connected()) {
            LOG.info(
                    "registry connected={} servers={}",
                    after.connected(),
                    after.members().size());
        }
        askVanished(member -> before.reachable(member.backend().serverId()) != null);
        checkBindingsOfThoseListedAgain(before, after);
        fleetChanged.run();
    }

    /** To be called several times a second. */
    void tick() {
        long now = state.now();
        if (now >= askVanishedAtMs) {
            askVanishedAtMs = now + ASK_VANISHED_EVERY_MS;
            // As long as streams wait for a word about it.
            long settleMs = state.settings.settle().toMillis();
            askVanished(member -> now - member.sinceMs() < settleMs);
        }
        if (now >= askRememberedAtMs) {
            askRememberedAtMs = now + ASK_REMEMBERED_EVERY_MS;
            askRemembered();
        }
    }

    private void askRemembered() {
        if (!inquiry.isPossible()) {
            return;
        }
        for (Fleet.Member member : state.fleet.all(Fleet.Presence.REMEMBERED)) {
            String serverId = member.backend().serverId();
            inquiry.isAlive(member.backend(), alive -> {
                if (alive) {
                    state.suspects.answered(serverId);
                } else {
                    serverFailed(serverId, "no answer to the question whether it lives");
                }
            });
        }
    }

    /** The connection to a server failed. */
    void serverFailed(String serverId, String cause) {
        int failures = state.suspects.failed(serverId, state.now());
        LOG.debug("server={} failed {} time(s) in a row: {}", serverId, failures, cause);
        Fleet.Member member = state.fleet.members().get(serverId);
        boolean onlyRemembered = member != null && member.presence() == Fleet.Presence.REMEMBERED;
        if (onlyRemembered && failures >= FAILURES_THAT_REFUTE) {
            LOG.warn("server={} is no longer registered and does not answer: it counts as gone ({})", serverId, cause);
            state.fleet = state.fleet.refuted(serverId, state.now());
        }
    }

    private void reportDamage(Fleet before, Fleet after) {
        if (after.lists(Fleet.Presence.REMEMBERED) && !before.lists(Fleet.Presence.REMEMBERED)) {
            state.count(RouterEvent.REGISTRY_COLLAPSES);
            LOG.error(
                    "The registry lists no server any more: all of {} vanished at once without a death certificate. "
                            + "They stay in use while they answer.",
                    after.members().keySet());
        }
        if (!after.unreadable().isEmpty() && !after.unreadable().equals(before.unreadable())) {
            LOG.error(
                    "The registry's records of servers {} cannot be read. What they said before holds.",
                    after.unreadable());
        }
        if (isDamaged(before) && !isDamaged(after)) {
            LOG.info("The registry is whole again: servers={}", after.members().size());
        }
    }

    private static boolean isDamaged(Fleet fleet) {
        return fleet.lists(Fleet.Presence.REMEMBERED) || !fleet.unreadable().isEmpty();
    }

    private void askVanished(Predicate<Fleet.Member> which) {
        for (Fleet.Member member : state.fleet.all(Fleet.Presence.VANISHED)) {
            if (which.test(member) && !isReplaced(member, state.fleet)) {
                String serverId = member.backend().serverId();
                inquiry.isAlive(member.backend(), alive -> {
                    if (alive) {
                        vouchFor(serverId);
                    }
                });
            }
        }
    }

    /** Another server listens where it did: that one would answer. */
    private static boolean isReplaced(Fleet.Member vanished, Fleet fleet) {
        Backend old = vanished.backend();
        return fleet.all(Fleet.Presence.LISTED).stream()
                .map(Fleet.Member::backend)
                .anyMatch(other -> other.port() == old.port() && other.host().equals(old.host()));
    }

    private void vouchFor(String serverId) {
        Fleet.Member member = state.fleet.members().get(serverId);
        if (member == null || member.presence() != Fleet.Presence.VANISHED) {
            return;
        }
        state.fleet = state.fleet.vouchedFor(serverId, state.now());
        state.count(RouterEvent.UNLISTED_SERVERS);
        LOG.error(
                "server={} vanished from the registry without a death certificate, but answers: its sessions stay with it",
                serverId);
        fleetChanged.run();
    }

    /** The registry may have lost their bindings too: each is written down again, as after a long use. */
    private void checkBindingsOfThoseListedAgain(Fleet before, Fleet after) {
        Set<String> again = new HashSet<>();
        for (Fleet.Member member : before.all(Fleet.Presence.REMEMBERED)) {
            String serverId = member.backend().serverId();
            Fleet.Member now = after.members().get(serverId);
            if (now != null && now.presence() == Fleet.Presence.LISTED) {
                again.add(serverId);
            }
        }
        if (!again.isEmpty()) {
            state.bindings.all().stream()
                    .filter(binding -> again.contains(binding.serverId))
                    .forEach(binding -> binding.writtenUseMs = 0);
        }
    }
}
