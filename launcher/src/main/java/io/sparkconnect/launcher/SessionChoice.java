/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.SessionKill.KilledSession;
import io.sparkconnect.registry.settings.NearestName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which sessions a user means by ids, or beginnings of ids. Pure. */
final class SessionChoice {
    /** Fewer characters name a session by accident. */
    private static final int SHORTEST_BEGINNING = 4;

    private static final int LISTED = 10;

    private final List<SessionBinding> bound;
    private final Collection<SessionKill> kills;
    private final ServerNames servers;

    private final Set<SessionBinding> chosen = new LinkedHashSet<>();
    private final List<String> already = new ArrayList<>();
    private final List<String> mistakes = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();

    /**
     * @param bound sessions that may be meant
     * @param kills what was ended before, and is still remembered
     */
    SessionChoice(List<SessionBinding> bound, Collection<SessionKill> kills, ServerNames servers) {
        this.bound = bound;
        this.kills = kills;
        this.servers = servers;
    }

    /**
     * Sessions by name, each {@code SESSION} or {@code USER/SESSION}, a session id or the beginning of one that has no other.
     *
     * @throws CommandException with every name that means none or several
     */
    Chosen byName(Collection<String> names) throws CommandException {
        names.forEach(this::choose);
        if (!mistakes.isEmpty() || !missing.isEmpty()) {
            int exitCode = mistakes.isEmpty() ? ExitCode.NOT_FOUND : ExitCode.BAD_INPUT;
            mistakes.addAll(missing);
            throw new CommandException(exitCode, mistakes, null);
        }
        return new Chosen(List.copyOf(chosen), already);
    }

    private void choose(String name) {
        List<SessionBinding> exact = bound.stream()
                .filter(session -> isCalled(name, session.userId(), session.sessionId()))
                .toList();
        List<SessionBinding> found = exact.isEmpty()
                ? bound.stream()
                        .filter(session -> begins(name, session.userId(), session.sessionId()))
                        .toList()
                : exact;
        if (found.size() > 1) {
            mistakes.add(ambiguous(name, found));
        } else if (found.isEmpty()) {
            notBound(name);
        } else if (exact.isEmpty() && sessionPart(name).length() < SHORTEST_BEGINNING) {
            mistakes.add("session " + name + ": too short to be sure (expected: at least " + SHORTEST_BEGINNING
                    + " characters); it would be " + line(found.get(0)));
        } else {
            chosen.add(found.get(0));
        }
    }

    private void notBound(String name) {
        for (SessionKill kill : kills) {
            for (KilledSession session : kill.sessions()) {
                if (isCalled(name, session.userId(), session.sessionId())
                        || begins(name, session.userId(), session.sessionId())) {
                    already.add(session.userId() + "/" + session.sessionId());
                    return;
                }
            }
        }
        missing.add("no session " + name
                + (bound.isEmpty()
                        ? " (there is none here)"
                        : " (" + meant(sessionPart(name)) + "`sessions` lists them)"));
    }

    /** The beginning of a session's id is as good as all of it, and so it is compared with beginnings of that length. */
    private String meant(String part) {
        Map<String, String> byBeginning = new LinkedHashMap<>();
        for (SessionBinding session : bound) {
            String id = session.sessionId();
            byBeginning.putIfAbsent(id.substring(0, Math.min(id.length(), part.length())), id);
        }
        return NearestName.near(part, byBeginning.keySet())
                .map(near -> "did you mean " + byBeginning.get(near) + "? ")
                .orElse("");
    }

    private String ambiguous(String name, List<SessionBinding> found) {
        StringBuilder text =
                new StringBuilder("session " + name + " may be any of " + found.size() + " (give more of it):");
        found.stream()
                .limit(LISTED)
                .forEach(session ->
                        text.append(System.lineSeparator()).append("  ").append(line(session)));
        if (found.size() > LISTED) {
            text.append(System.lineSeparator())
                    .append("  and ")
                    .append(found.size() - LISTED)
                    .append(" more");
        }
        return text.toString();
    }

    private String line(SessionBinding session) {
        return session.userId() + "/" + session.sessionId() + " on " + servers.slot(session.serverId());
    }

    private static boolean isCalled(String name, String userId, String sessionId) {
        return name.equals(sessionId) || name.equals(userId + "/" + sessionId);
    }

    private static boolean begins(String name, String userId, String sessionId) {
        return !sessionPart(name).isEmpty()
                && (sessionId.startsWith(name)
                        || (name.startsWith(userId + "/") && (userId + "/" + sessionId).startsWith(name)));
    }

    private static String sessionPart(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /**
     * @param sessions to be ended
     * @param already what was asked for and has been ended before, {@code USER/SESSION}
     */
    record Chosen(List<SessionBinding> sessions, List<String> already) {}
}
