/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where a client's stream stands.
 *
 * <pre>
 *   READING_HEAD → ROUTING → CONNECTING → RELAYING → CLOSED
 *        |            |          |           |         ↑
 *        +------------+----------+-----------+→ ANSWERED
 * </pre>
 *
 * Each phase may also go straight to CLOSED: the client cancelled, or its connection broke.
 */
enum StreamPhase {
    /** The first bytes do not yet say whose stream it is; they are buffered within the unrouted window. */
    READING_HEAD,
    /** The router decides, maybe for a minute. */
    ROUTING,
    /** A connection to the server is awaited. */
    CONNECTING,
    /** Coupled with a stream of the server. */
    RELAYING,
    /** The proxy gives the answer; what the client still sends is thrown away. */
    ANSWERED,
    /** The client's stream is closed; nothing of it is held. */
    CLOSED;

    private Set<StreamPhase> next() {
        return switch (this) {
            case READING_HEAD -> EnumSet.of(ROUTING, ANSWERED, CLOSED);
            case ROUTING -> EnumSet.of(CONNECTING, ANSWERED, CLOSED);
            case CONNECTING -> EnumSet.of(RELAYING, ANSWERED, CLOSED);
            case RELAYING -> EnumSet.of(ANSWERED, CLOSED);
            case ANSWERED -> EnumSet.of(CLOSED);
            case CLOSED -> EnumSet.noneOf(StreamPhase.class);
        };
    }

    /** @throws IllegalStateException when that would be a bug */
    StreamPhase to(StreamPhase wanted) {
        if (!next().contains(wanted)) {
            throw new IllegalStateException(
                    "stream phase: " + wanted + " (expected after " + this + ": " + next() + ")");
        }
        return wanted;
    }
}
