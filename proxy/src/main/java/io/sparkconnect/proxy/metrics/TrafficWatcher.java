/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.metrics;

/** Told by an engine what happens. Called on event loops, so it returns at once; thread-safe. */
public interface TrafficWatcher {
    void clientConnected();

    void clientDisconnected();

    /** A connection was turned away; {@code why} is a short word. */
    void clientRefused(String why);

    /** A connection was accepted, but is not read until there is room for it. */
    void clientHeldBack();

    void streamStarted();

    void streamEnded(StreamReport report);

    /** A stream waits for the router's decision. */
    void held();

    /** It waits no more. */
    void unheld();

    /** A request that its server had not looked at was sent once more. */
    void replayed();

    void serverConnected();

    void serverDisconnected();

    /** Somebody ended a stream by RST_STREAM; {@code by} is {@code client} or {@code server}. */
    void reset(String by);
}
