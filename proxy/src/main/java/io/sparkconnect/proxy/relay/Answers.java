/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StatusAnswers;
import java.time.Duration;

/** What the engine says in its own name. Stateless. */
final class Answers {
    static final String NOT_GRPC = "This is a Spark Connect proxy: it speaks gRPC and serves"
            + " spark.connect.SparkConnectService. Use it as SparkSession.builder.remote(\"sc://HOST:PORT\").\n";

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final byte[] NOTHING = new byte[0];

    private Answers() {}

    static StatusAnswer headMissing(long seconds) {
        return of(
                GrpcStatus.DEADLINE_EXCEEDED,
                "The request's first message did not arrive within " + seconds
                        + " s (sparkconnect.proxy.request.head.timeout).");
    }

    static StatusAnswer headTooLong() {
        return of(
                GrpcStatus.INVALID_ARGUMENT,
                "No session_id within the first " + Flow.UNROUTED_WINDOW
                        + " bytes of the request; Spark Connect clients send it first.");
    }

    static StatusAnswer headersTooLarge(int limit) {
        return of(GrpcStatus.RESOURCE_EXHAUSTED, "The request's metadata is larger than " + limit + " bytes.");
    }

    /** Every client comes back by itself, and by then some of what waits will have been read. */
    static StatusAnswer noRoom() {
        return StatusAnswers.unavailable(
                "This proxy keeps as many bytes for clients and servers that do not read as it may"
                        + " (sparkconnect.proxy.buffer.max.mib).",
                RETRY_AFTER);
    }

    /** A query that goes on at its server is reattached to by its client. */
    static StatusAnswer givenUp() {
        return StatusAnswers.unavailable(
                "This proxy has given up what it kept of this request, of which too little was read: it keeps as many bytes"
                        + " as it may (sparkconnect.proxy.buffer.max.mib).",
                RETRY_AFTER);
    }

    static StatusAnswer deadlinePassed() {
        return of(GrpcStatus.DEADLINE_EXCEEDED, "The request's deadline passed before a server was found for it.");
    }

    static StatusAnswer cannotConnect(Backend backend, String cause) {
        return of(GrpcStatus.UNAVAILABLE, "Cannot connect to Spark Connect server " + name(backend) + ": " + cause);
    }

    static StatusAnswer serverFull(Backend backend, String cause) {
        return StatusAnswers.unavailable(
                "Spark Connect server " + name(backend) + " takes no further request now: " + cause, RETRY_AFTER);
    }

    static StatusAnswer connectionLost(Backend backend, String cause) {
        return of(
                GrpcStatus.UNAVAILABLE, "Lost the connection to Spark Connect server " + name(backend) + ": " + cause);
    }

    static StatusAnswer brokenAnswer(Backend backend) {
        return of(
                GrpcStatus.INTERNAL,
                "Spark Connect server " + name(backend) + " gave an answer that is not valid HTTP/2.");
    }

    static StatusAnswer stopping() {
        return of(GrpcStatus.UNAVAILABLE, "This proxy is stopping.");
    }

    private static String name(Backend backend) {
        return backend.serverId() + " at " + backend.host() + ":" + backend.port();
    }

    private static StatusAnswer of(int code, String message) {
        return new StatusAnswer(code, message, NOTHING, NOTHING);
    }
}
