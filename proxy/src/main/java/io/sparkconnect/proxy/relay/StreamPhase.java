/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

/**
 * Where a client's stream stands.
 *
 * <pre>
 *   READING_HEAD → ROUTING → CONNECTING → RELAYING → CLOSED
 *        |            |          |           |         ↑
 *        +------------+----------+-----------+→ ANSWERED
 * </pre>
 *
 * Each phase may also go straight to CLOSED: the client cancelled, or its connection broke. RELAYING goes back to CONNECTING,
 * once, when the server says that it has not looked at the request.
 */
enum StreamPhase {
    /** The first bytes do not yet say whose stream it is; they are kept within the unrouted window. */
    READING_HEAD,
    /** The router decides, maybe for a minute. */
    ROUTING,
    /** A connection to the server is awaited. */
    CONNECTING,
    /** Coupled with a stream of the server. */
    RELAYING,
    /** The proxy gives the answer; what the client still sends is thrown away. */
    ANSWERED,
    /** The client's stream is closed; nothing of it is kept. */
    CLOSED;

    private boolean mayBecome(StreamPhase wanted) {
        return switch (wanted) {
            case READING_HEAD -> false;
            case ROUTING -> this == READING_HEAD;
            case CONNECTING -> this == ROUTING || this == RELAYING;
            case RELAYING -> this == CONNECTING;
            case ANSWERED -> this != ANSWERED && this != CLOSED;
            case CLOSED -> this != CLOSED;
        };
    }

    /** @throws IllegalStateException when that would be a bug */
    StreamPhase to(StreamPhase wanted) {
        if (!mayBecome(wanted)) {
            throw new IllegalStateException("stream phase: " + wanted + " after " + this);
        }
        return wanted;
    }
}
