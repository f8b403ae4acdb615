/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.StatusAnswer;

/** The engine's own answers; those about sessions are the router's. */
final class Answers {
    private static final int INVALID_ARGUMENT = 3;
    private static final int DEADLINE_EXCEEDED = 4;
    private static final int UNIMPLEMENTED = 12;
    private static final int INTERNAL = 13;
    private static final int UNAVAILABLE = 14;
    private static final byte[] NOTHING = new byte[0];

    private Answers() {}

    static StatusAnswer unknownService() {
        return of(
                UNIMPLEMENTED,
                "This is a Spark Connect proxy: it serves spark.connect.SparkConnectService and nothing else.");
    }

    static StatusAnswer headMissing(long seconds) {
        return of(
                DEADLINE_EXCEEDED,
                "The request's first message did not arrive within " + seconds
                        + " s (sparkconnect.proxy.request.head.timeout).");
    }

    static StatusAnswer headTooLong() {
        return of(
                INVALID_ARGUMENT,
                "No session_id within the first " + RelayLimits.UNROUTED_WINDOW_BYTES
                        + " bytes of the request; Spark Connect clients send it first.");
    }

    static StatusAnswer deadlinePassed() {
        return of(DEADLINE_EXCEEDED, "The request's deadline passed before a server was found for it.");
    }

    static StatusAnswer cannotConnect(Backend backend, String cause) {
        return of(UNAVAILABLE, "Cannot connect to Spark Connect server " + name(backend) + ": " + cause);
    }

    static StatusAnswer connectionLost(Backend backend, String cause) {
        return of(UNAVAILABLE, "Lost the connection to Spark Connect server " + name(backend) + ": " + cause);
    }

    static StatusAnswer brokenAnswer(Backend backend) {
        return of(INTERNAL, "Spark Connect server " + name(backend) + " gave an answer that is not valid HTTP/2.");
    }

    static StatusAnswer stopping() {
        return of(UNAVAILABLE, "This proxy is stopping.");
    }

    private static String name(Backend backend) {
        return backend.serverId() + " at " + backend.host() + ":" + backend.port();
    }

    private static StatusAnswer of(int code, String message) {
        return new StatusAnswer(code, message, NOTHING, NOTHING);
    }
}
