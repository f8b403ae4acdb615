/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.time.Duration;

/**
 * The answers that the proxy gives itself, in the shapes that clients act on. Their trailers stay below 8 KiB, the limit of
 * grpc-java and the soft limit of gRPC C-core, with the text in both {@code grpc-message} and
 * {@code grpc-status-details-bin}.
 */
public final class StatusAnswers {
    static final int OK = 0;
    static final int INVALID_ARGUMENT = 3;
    static final int RESOURCE_EXHAUSTED = 8;
    static final int UNIMPLEMENTED = 12;
    static final int INTERNAL = 13;
    static final int UNAVAILABLE = 14;

    /** Length at which Spark's own servers cut their texts. */
    static final int MAX_MESSAGE_CHARS = 2048;
    /** What {@code grpc-message} (percent-encoded) and the text's second copy (base64) may take together. */
    private static final int MAX_ENCODED_TEXT = 6 * 1024;

    private static final int MAX_HANDLE_CHARS = 64;

    private static final String ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";
    private static final String RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";
    private static final String SPARK_DOMAIN = "org.apache.spark";
    private static final String SPARK_EXCEPTION = "org.apache.spark.SparkSQLException";
    private static final String EXCEPTION_CLASSES = "[\"org.apache.spark.SparkSQLException\",\"java.sql.SQLException\","
            + "\"java.lang.Exception\",\"java.lang.Throwable\",\"java.lang.Object\"]";

    private static final byte[] NONE = {};

    private StatusAnswers() {}

    /**
     * The session's server is gone. The only answer that makes a 4.x client give its session up, so that
     * {@code getOrCreate()} builds a new one; older clients show the text.
     *
     * @param cause what became of the server, in full sentences
     */
    public static StatusAnswer sessionChanged(SessionKey session, String cause) {
        return invalidHandle("INVALID_HANDLE.SESSION_CHANGED", "08003", session, cause);
    }

    /**
     * No server knows the operation. On ReattachExecute it makes a client that has seen no response send ExecutePlan again.
     * Never an answer to ExecutePlan itself: clients then repeat it at once and without end.
     */
    public static StatusAnswer operationNotFound(SessionKey session) {
        return invalidHandle(
                "INVALID_HANDLE.OPERATION_NOT_FOUND",
                "HY000",
                session,
                "Operation not found: this session has no server.");
    }

    /** Try again: retried by every client; those from 4.1 on wait at least {@code retryAfter}. */
    public static StatusAnswer unavailable(String text, Duration retryAfter) {
        return withRetryInfo(UNAVAILABLE, text, retryAfter);
    }

    /** A limit is reached. Final for every client. */
    public static StatusAnswer resourceExhausted(String text) {
        return plain(RESOURCE_EXHAUSTED, text);
    }

    /** A limit is reached. Clients from 4.1 on try again after {@code retryAfter}; final for the others. */
    public static StatusAnswer resourceExhausted(String text, Duration retryAfter) {
        return withRetryInfo(RESOURCE_EXHAUSTED, text, retryAfter);
    }

    public static StatusAnswer invalidArgument(String text) {
        return plain(INVALID_ARGUMENT, text);
    }

    public static StatusAnswer unimplemented(String text) {
        return plain(UNIMPLEMENTED, text);
    }

    /** OK for ReleaseExecute and ReleaseSession of what is already gone: a response with nothing but the session id. */
    public static StatusAnswer released(SessionKey session) {
        byte[] response = new ProtoWriter().text(1, session.sessionId()).toBytes();
        return new StatusAnswer(OK, "", NONE, response);
    }

    private static StatusAnswer invalidHandle(String errorClass, String sqlState, SessionKey session, String cause) {
        String handle = cut(session.sessionId(), MAX_HANDLE_CHARS);
        String end = " SQLSTATE: " + sqlState;
        String start = "[" + errorClass + "] The handle " + handle + " is invalid. ";
        String message = start + cutToFit(cause, MAX_MESSAGE_CHARS - start.length() - end.length()) + end;
        ProtoWriter errorInfo = new ProtoWriter()
                .text(1, SPARK_EXCEPTION)
                .text(2, SPARK_DOMAIN)
                .entry(3, "classes", EXCEPTION_CLASSES)
                .entry(3, "errorClass", errorClass)
                .entry(3, "messageParameters", "{\"handle\":" + json(handle) + "}")
                .entry(3, "sqlState", sqlState);
        return new StatusAnswer(INTERNAL, message, status(INTERNAL, message, ERROR_INFO, errorInfo), NONE);
    }

    private static StatusAnswer withRetryInfo(int code, String text, Duration retryAfter) {
        String message = cutToFit(text, MAX_MESSAGE_CHARS);
        ProtoWriter duration =
                new ProtoWriter().number(1, retryAfter.toSeconds()).number(2, retryAfter.toNanosPart());
        ProtoWriter retryInfo = new ProtoWriter().message(1, duration);
        return new StatusAnswer(code, message, status(code, message, RETRY_INFO, retryInfo), NONE);
    }

    private static StatusAnswer plain(int code, String text) {
        return new StatusAnswer(code, cutToFit(text, MAX_MESSAGE_CHARS), NONE, NONE);
    }

    /** A {@code google.rpc.Status} with one detail. */
    private static byte[] status(int code, String message, String detailType, ProtoWriter detail) {
        ProtoWriter any = new ProtoWriter().text(1, detailType).message(2, detail);
        return new ProtoWriter()
                .number(1, code)
                .text(2, message)
                .message(3, any)
                .toBytes();
    }

    /** Cuts on a code point boundary so that both encoded copies fit into the trailers. */
    private static String cutToFit(String text, int maxChars) {
        int encoded = 0;
        int at = 0;
        while (at < text.length()) {
            int codePoint = text.codePointAt(at);
            int utf8 = utf8Length(codePoint);
            boolean verbatim = codePoint >= 0x20 && codePoint <= 0x7e && codePoint != '%';
            encoded += (verbatim ? 1 : 3 * utf8) * 3 + 4 * utf8;
            // Counted in thirds of a byte: base64 takes 4/3.
            if (encoded > MAX_ENCODED_TEXT * 3 || at + Character.charCount(codePoint) > maxChars) {
                return text.substring(0, at);
            }
            at += Character.charCount(codePoint);
        }
        return text;
    }

    private static String cut(String text, int maxChars) {
        if (text.length() <= maxChars) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(maxChars - 1)) ? maxChars - 1 : maxChars;
        return text.substring(0, end);
    }

    private static int utf8Length(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        if (codePoint < 0x800) {
            return 2;
        }
        return codePoint < 0x10000 ? 3 : 4;
    }

    private static String json(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < 0x20) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
