/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.SessionKill;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Says to a user what became of the server that held his session. */
final class DeathNotice {
    private static final String WHAT_TO_DO = " Its temporary views, settings and artifacts are lost. "
            + "Create a new session: SparkSession.builder.getOrCreate().";

    private DeathNotice() {}

    /** @param death null when nobody has found out why it is gone */
    static String text(String serverId, @Nullable DeathCertificate death) {
        StringBuilder text = new StringBuilder("Spark Connect server ").append(serverId);
        if (death == null) {
            return text.append(" is gone: it is no longer registered, and its cause of death is unknown.")
                    .append(WHAT_TO_DO)
                    .toString();
        }
        if (death.node() != null) {
            text.append(" on ").append(death.node());
        }
        text.append(" is gone: ").append(death.cause().inWords());
        if (death.exitStatus() != null) {
            text.append(", exit status ").append(death.exitStatus());
        }
        text.append('.');
        if (death.remedy() != null && !death.remedy().isBlank()) {
            text.append(" Remedy: ").append(asSentence(death.remedy()));
        }
        if (death.logUrl() != null) {
            text.append(" Logs: ").append(death.logUrl());
        }
        return text.append(WHAT_TO_DO).toString();
    }

    /** The request says that the session has seen a server, and no server has it. */
    static String unknownServer() {
        return "No Spark Connect server of this service holds this session (any more)." + WHAT_TO_DO;
    }

    /** An operator has ended the session; its server lives on. */
    static String text(SessionKill kill) {
        String reason = kill.reason();
        return "This session was ended by operator " + kill.by() + " at "
                + Instant.ofEpochMilli(kill.atMs()).truncatedTo(ChronoUnit.SECONDS)
                + (reason == null || reason.isBlank() ? "." : ": " + asSentence(reason))
                + WHAT_TO_DO;
    }

    private static String asSentence(String text) {
        String trimmed = text.strip();
        return trimmed.endsWith(".") ? trimmed : trimmed + ".";
    }
}
