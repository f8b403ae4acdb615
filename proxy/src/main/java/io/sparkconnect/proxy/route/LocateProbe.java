/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.UUID;

/**
 * ReleaseExecute of an operation that nobody has: OK from the server that holds the session, SESSION_NOT_FOUND or
 * SESSION_CLOSED from every other (Spark 3.5 and later). Spark 4 changes nothing but the session's idle clock; Spark 3.5 makes the
 * session as it says that it has none, see {@link Strays}.
 */
final class LocateProbe {
    /** What an answer says about the session. */
    enum Verdict {
        HERE,
        NOT_HERE,
        /** Spark 3.4 does not know the call; a proxy in between, an overload or an authentication says nothing either. */
        UNCLEAR
    }

    private LocateProbe() {}

    static byte[] request(SessionKey session, UUID operation) {
        return ofSession(session)
                .text(3, operation.toString())
                .message(5, new ProtoWriter()) // release_all
                .toBytes();
    }

    /** The two fields with which every request begins. */
    static ProtoWriter ofSession(SessionKey session) {
        ProtoWriter request = new ProtoWriter().text(1, session.sessionId());
        return session.userId().isEmpty() ? request : request.message(2, new ProtoWriter().text(1, session.userId()));
    }

    static Verdict verdict(SessionLocator.ProbeAnswer answer) {
        if (answer.grpcStatus() == StatusAnswers.OK) {
            return Verdict.HERE;
        }
        boolean unknownThere = answer.message().contains("INVALID_HANDLE.SESSION_NOT_FOUND")
                || answer.message().contains("INVALID_HANDLE.SESSION_CLOSED");
        return answer.grpcStatus() == StatusAnswers.INTERNAL && unknownThere ? Verdict.NOT_HERE : Verdict.UNCLEAR;
    }
}
