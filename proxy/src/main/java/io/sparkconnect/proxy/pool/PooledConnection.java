/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

/** A connection to a server that has finished its handshake. Used on its pool's loop only. */
public interface PooledConnection {
    /** Whether a new stream may start now: the peer's limit, its GOAWAY and the supply of stream ids allow it. */
    boolean hasRoom();

    /** Whether it will never have room again; it leaves the pool and closes itself after its last stream. */
    boolean isRetired();

    int openStreams();

    /** When its last stream ended, on the clock of {@link System#nanoTime}; meaningless while streams are open. */
    long idleSinceNanos();

    /** Takes no more streams, and closes once the open ones have ended. Idempotent. */
    void retire();
}
