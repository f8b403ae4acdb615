/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.SessionBinding;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which sessions are ended.
 *
 * @param already those that had been ended before
 * @param outcome what was waited for; empty when nothing was
 * @param nowMs for ages
 */
record KillAnswer(
        List<SessionBinding> sessions,
        List<String> already,
        boolean dryRun,
        String outcome,
        ServerNames servers,
        long nowMs)
        implements Answer {
    private static final int LISTED = 20;

    @Override
    public String text(boolean wide, boolean headers) {
        StringBuilder text = new StringBuilder();
        already.forEach(session -> text.append("session ").append(session).append(" was killed before\n"));
        if (sessions.isEmpty()) {
            return text.append("nothing to do\n").toString();
        }
        TextTable table = new TextTable(headers, dryRun ? "WOULD KILL" : "KILLED", "USER", "SERVER", "AGE", "LAST USE");
        List<SessionBinding> shown = wide || sessions.size() <= LISTED ? sessions : sessions.subList(0, LISTED);
        shown.forEach(session -> table.row(
                session.sessionId(),
                session.userId().isEmpty() ? "-" : session.userId(),
                servers.slot(session.serverId()),
                age(session.createdAtMs()),
                age(session.lastUseMs())));
        text.append(table);
        if (shown.size() < sessions.size()) {
            text.append("and ").append(sessions.size() - shown.size()).append(" more (-o wide shows all)\n");
        }
        return outcome.isEmpty()
                ? text.toString()
                : text.append(outcome).append('\n').toString();
    }

    @Override
    public List<String> names() {
        return sessions.stream()
                .map(session -> session.userId() + "/" + session.sessionId())
                .toList();
    }

    @Override
    public Object records() {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("dryRun", dryRun);
        answer.put("sessions", sessions.stream().map(servers::record).toList());
        answer.put("already", already);
        answer.put("outcome", outcome);
        return answer;
    }

    private String age(long sinceMs) {
        return InWords.age(Duration.ofMillis(nowMs - sinceMs));
    }
}
