/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

/**
 * The life of a stream as one side of a hop sees it (RFC 9113 section 5.1). Nothing is pushed, so the reserved states do not
 * occur.
 *
 * <pre>
 *   IDLE --headers--> OPEN --receive end--> HALF_CLOSED_REMOTE --send end------+
 *                      |                                                      v
 *                      +----send end----> HALF_CLOSED_LOCAL --receive end--> CLOSED
 *                      any --reset, sent or received-------------------------> CLOSED
 * </pre>
 */
public enum StreamState {
    IDLE,
    OPEN,
    HALF_CLOSED_REMOTE,
    HALF_CLOSED_LOCAL,
    CLOSED;

    /** What moves a stream. */
    public enum Event {
        HEADERS,
        RECEIVE_END,
        SEND_END,
        RESET
    }

    /** @throws IllegalStateException when the event cannot happen in this state: our mistake, not the peer's */
    public StreamState next(Event event) {
        return switch (event) {
            case HEADERS -> this == IDLE ? OPEN : impossible(event);
            case RECEIVE_END ->
                switch (this) {
                    case OPEN -> HALF_CLOSED_REMOTE;
                    case HALF_CLOSED_LOCAL -> CLOSED;
                    case IDLE, HALF_CLOSED_REMOTE, CLOSED -> impossible(event);
                };
            case SEND_END ->
                switch (this) {
                    case OPEN -> HALF_CLOSED_LOCAL;
                    case HALF_CLOSED_REMOTE -> CLOSED;
                    case IDLE, HALF_CLOSED_LOCAL, CLOSED -> impossible(event);
                };
            case RESET -> this == IDLE || this == CLOSED ? impossible(event) : CLOSED;
        };
    }

    private StreamState impossible(Event event) {
        throw new IllegalStateException(event + " in state " + this);
    }

    /** Whether the peer may send HEADERS and DATA. */
    public boolean mayReceive() {
        return this == OPEN || this == HALF_CLOSED_LOCAL;
    }

    /** Whether we may send HEADERS and DATA. */
    public boolean maySend() {
        return this == OPEN || this == HALF_CLOSED_REMOTE;
    }
}
