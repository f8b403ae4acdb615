/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.util.collection.IntObjectHashMap;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.CreditWindow;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.HeaderDecoder;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.LocalSettings;
import java.util.ArrayList;
import java.util.List;

/**
 * One HTTP/2 connection, to a client or to a server: its streams, and the frames that concern the connection as a whole, which
 * both kinds treat alike. Confined to its loop.
 *
 * @param <S> a stream of this connection
 */
abstract class Hop<S> extends HopChannel {
    final HeaderDecoder decoder;
    final IntObjectHashMap<S> streams = new IntObjectHashMap<>(4);

    private final CreditWindow connectionCredit;
    private final UnearnedRate pings;
    private final UnearnedRate windowUpdates;

    Hop(EngineContext context, LoopFlusher flusher, AbuseLimits limits, LocalSettings local, Liveness liveness) {
        super(context, flusher, limits, local, liveness);
        this.decoder = new HeaderDecoder(guard);
        this.connectionCredit = new CreditWindow(local.connectionWindow());
        this.pings = new UnearnedRate(guard::ping);
        this.windowUpdates = new UnearnedRate(guard::windowUpdate);
    }

    // What the two kinds of connection do in their own way.

    abstract void onPeerSettings();

    /** Adds to the send window of one stream towards this peer. */
    abstract void widenStream(int streamId, int increment) throws ConnectionErrorException;

    /** Adds to the send window of every stream towards this peer. Returns false beyond 2^31-1. */
    abstract boolean widenStreams(int delta);

    abstract void onPingAck(long payload);

    // Streams.

    @Override
    boolean hasStreams() {
        return !streams.isEmpty();
    }

    /** A copy, because telling a stream of its end removes it. */
    List<S> streamsNow() {
        return new ArrayList<>(streams.values());
    }

    // Frames of the connection.

    /** Takes the frame off the connection's window and gives it back at once: no stream holds up another. */
    void receiveOnConnection(int flowControlled) throws ConnectionErrorException {
        if (!connectionCredit.receive(flowControlled)) {
            guard.hit(Limit.FLOW_CONTROL);
            throw new ConnectionErrorException(ErrorCode.FLOW_CONTROL_ERROR, "data beyond the connection's window");
        }
        int increment = connectionCredit.release(flowControlled);
        if (increment > 0) {
            outlet().windowUpdate(0, increment);
        }
    }

    @Override
    public void onSettings(ByteBuf entries) throws ConnectionErrorException {
        int before = peer.initialWindowSize();
        peer.apply(entries, local.asClient());
        outlet().peerSettingsChanged();
        outlet().settingsAck();
        int delta = peer.initialWindowSize() - before;
        if (delta != 0 && !widenStreams(delta)) {
            guard.hit(Limit.FLOW_CONTROL);
            throw new ConnectionErrorException(ErrorCode.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE overflows a stream");
        }
        onPeerSettings();
    }

    @Override
    public void onSettingsAck() {}

    @Override
    public void onPing(long payload, boolean ack) throws ConnectionErrorException {
        if (ack) {
            liveness().onAck(payload);
            onPingAck(payload);
            return;
        }
        pings.received(outlet().dataFrames());
        outlet().ping(payload, true);
    }

    @Override
    public final void onWindowUpdate(int streamId, int increment) throws ConnectionErrorException {
        windowUpdates.received(outlet().dataFrames());
        if (streamId == 0) {
            creditConnection(increment);
        } else {
            widenStream(streamId, increment);
        }
    }

    private void creditConnection(int increment) throws ConnectionErrorException {
        if (!outlet().credit(increment)) {
            guard.hit(Limit.FLOW_CONTROL);
            throw new ConnectionErrorException(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window beyond 2^31-1");
        }
    }

    @Override
    public void onPriority(int streamId) {}
}
