/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionKill;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a service.
 *
 * @param subject slot, server, or the generation of the spec; empty where it is about the service
 * @param text one clause
 * @param death the certificate, where it is a server's end; null elsewhere
 */
record ServiceEvent(
        long atMs,
        Kind kind,
        String subject,
        String text,
        @Nullable DeathCertificate death) {
    private static final int USERS_NAMED = 3;

    enum Kind {
        /** An operator changed the spec. */
        CHANGE,
        /** The ApplicationMaster decided something. */
        DECISION,
        /** A server ended. */
        DEATH,
        /** An operator ended sessions. */
        KILL
    }

    /** All that is known, oldest first. */
    static List<ServiceEvent> of(
            @Nullable ServiceSpec spec,
            @Nullable ServiceStatus status,
            List<DeathCertificate> deaths,
            List<SessionKill> kills) {
        List<ServiceEvent> events = new ArrayList<>();
        if (spec != null) {
            spec.ordersOrNone()
                    .history()
                    .forEach(change -> events.add(new ServiceEvent(
                            change.atMs(),
                            Kind.CHANGE,
                            "generation " + change.generation(),
                            change.by() + ": " + change.text(),
                            null)));
        }
        if (status != null) {
            status.decisions().forEach(decision -> events.add(decision(decision.atMs(), decision.text())));
        }
        deaths.forEach(death -> events.add(new ServiceEvent(
                death.diedAtMs(), Kind.DEATH, death.slot(), death.cause().inWords(), death)));
        kills.forEach(kill -> events.add(kill(kill)));
        events.sort(Comparator.comparingLong(ServiceEvent::atMs));
        return events;
    }

    private static ServiceEvent kill(SessionKill kill) {
        List<String> users = kill.sessions().stream()
                .map(SessionKill.KilledSession::userId)
                .distinct()
                .toList();
        String whose = users.size() > USERS_NAMED
                ? String.join(", ", users.subList(0, USERS_NAMED)) + " and " + (users.size() - USERS_NAMED) + " more"
                : String.join(", ", users);
        boolean one = kill.sessions().size() == 1;
        String what = one
                ? "session " + kill.sessions().get(0).sessionId()
                : InWords.count(kill.sessions().size(), "session");
        boolean why = kill.reason() != null && !kill.reason().isBlank();
        return new ServiceEvent(
                kill.atMs(),
                Kind.KILL,
                one ? kill.sessions().get(0).serverId() : "",
                kill.by() + ": killed " + what + " of " + whose + (why ? ": " + kill.reason() : ""),
                null);
    }

    /** Decisions about a slot begin with its name. */
    private static ServiceEvent decision(long atMs, String text) {
        int colon = text.indexOf(": ");
        boolean named = colon > 0 && !text.substring(0, colon).contains(" ");
        return new ServiceEvent(
                atMs,
                Kind.DECISION,
                named ? text.substring(0, colon) : "",
                named ? text.substring(colon + 2) : text,
                null);
    }

    /** What an operator wants to know of it beyond the line, one a line. */
    List<String> details(boolean all) {
        if (death == null) {
            return List.of();
        }
        String diagnostics = InWords.oneLine(death.diagnostics(), all ? 2000 : 300);
        return Stream.of(
                        Stream.of(death.serverId()
                                + (death.node() == null ? "" : " on " + death.node())
                                + (death.exitStatus() == null
                                        ? ", exit status unknown"
                                        : ", exit status " + death.exitStatus())),
                        diagnostics.isEmpty() ? Stream.<String>empty() : Stream.of(diagnostics),
                        death.remedy() == null ? Stream.<String>empty() : Stream.of("do: " + death.remedy()),
                        death.logUrl() == null ? Stream.<String>empty() : Stream.of("log: " + death.logUrl()),
                        lastLines(all))
                .flatMap(lines -> lines)
                .toList();
    }

    private Stream<String> lastLines(boolean all) {
        if (death == null) {
            return Stream.empty();
        }
        List<String> lines = death.lastLines();
        int from = all ? 0 : Math.max(0, lines.size() - 3);
        return lines.subList(from, lines.size()).stream().map(line -> "| " + InWords.oneLine(line, 300));
    }
}
