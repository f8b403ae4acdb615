/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.sparkconnect.proxy.h2.ClientPreface;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.pool.PooledConnection;
import io.sparkconnect.proxy.route.Backend;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a server. Carries streams of many clients of its loop. Confined to the loop. Frames are borrowed from the
 * reader; what is kept of them, a stream's {@link Flow} keeps.
 */
final class BackConnection extends Hop<BackStream> implements PooledConnection {
    private static final Logger log = LoggerFactory.getLogger(BackConnection.class);

    private final Backend backend;
    private final Life life;
    private int nextStreamId = 1;
    private boolean greeted;
    private boolean retired;
    private boolean goingAway;
    private long idleSinceNanos;

    /** Told how the connection's life goes; on the loop. */
    interface Life {
        /** The server's SETTINGS came: streams may start. */
        void greeted(BackConnection connection);

        void roomMayHaveGrown(BackConnection connection);

        void closed(BackConnection connection);
    }

    BackConnection(EngineContext context, LoopFlusher flusher, Backend backend, Life life) {
        super(
                context,
                flusher,
                context.limits().servers(),
                context.limits().towardsServers(),
                new Liveness(
                        context.limits().serverPingInterval(),
                        context.limits().pingTimeout(),
                        context.limits().headTimeout()));
        this.backend = backend;
        this.life = life;
        this.idleSinceNanos = context.nanoTime().getAsLong();
    }

    // For the pool.

    @Override
    public boolean hasRoom() {
        return greeted && !isRetired() && !isClosing() && streams.size() < peer.maxConcurrentStreams();
    }

    @Override
    public boolean isRetired() {
        return retired;
    }

    @Override
    public int openStreams() {
        return streams.size();
    }

    @Override
    public long idleSinceNanos() {
        return idleSinceNanos;
    }

    @Override
    public void retire() {
        retired = true;
        life.roomMayHaveGrown(this);
        closeIfDone();
    }

    // For streams.

    /** Starts a stream whose request has more than headers. Returns its id; 0 when the connection allows none after all. */
    int open(HeaderList headers, BackStream stream) {
        if (!hasRoom()) {
            return 0;
        }
        int id = nextStreamId;
        nextStreamId += 2;
        if (id / 2 + 1 >= context.limits().streamsPerServerConnection()) {
            retired = true;
        }
        streams.put(id, stream);
        outlet().headers(id, headers, false);
        liveness().watch(this);
        return id;
    }

    /** Whether the server has said GOAWAY. */
    boolean isGoingAway() {
        return goingAway;
    }

    /** Both sides have ended it. */
    void finished(int streamId) {
        streams.remove(streamId);
        onStreamEnded();
    }

    void reset(int streamId, ErrorCode code) {
        streams.remove(streamId);
        outlet().rstStream(streamId, code);
        onStreamEnded();
    }

    private void onStreamEnded() {
        if (isClosing()) {
            return;
        }
        if (streams.isEmpty()) {
            idleSinceNanos = context.nanoTime().getAsLong();
        }
        life.roomMayHaveGrown(this);
        closeIfDone();
    }

    private void closeIfDone() {
        if (retired && streams.isEmpty()) {
            close(ErrorCode.NO_ERROR, "retired");
        }
    }

    // Life.

    @Override
    void writeBeginning(ByteBuf out) {
        ClientPreface.write(out);
    }

    @Override
    boolean readBeginning(ByteBuf in) {
        return true;
    }

    @Override
    void onPeerSettings() {
        if (!greeted) {
            greeted = true;
            context.watcher().serverConnected();
            life.greeted(this);
        } else {
            life.roomMayHaveGrown(this);
        }
    }

    @Override
    void closing(String why) {
        tellStreams(why);
    }

    @Override
    void onGone(String cause) {
        life.closed(this);
        if (greeted) {
            context.watcher().serverDisconnected();
        }
        tellStreams(cause);
    }

    private void tellStreams(String cause) {
        List<BackStream> open = streamsNow();
        streams.clear();
        open.forEach(stream -> stream.onServerLost(cause));
    }

    @Override
    void onPingAck(long payload) {}

    @Override
    int lastPeerStreamId() {
        return 0;
    }

    @Override
    String describe() {
        return "server=" + backend.serverId() + " at " + backend.host() + ":" + backend.port();
    }

    // Frames.

    @Override
    public void onHeaders(int streamId, ByteBuf block, boolean endStream, boolean selfDependent)
            throws ConnectionErrorException {
        BackStream stream = streams.get(streamId);
        try {
            HeaderList list = decoder.decode(streamId, block);
            if (stream != null) {
                stream.onResponseHeaders(list, endStream);
            } else {
                requireOpened(streamId, "HEADERS");
            }
        } catch (StreamErrorException e) {
            onStreamError(streamId, e.code(), String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void onData(int streamId, ByteBuf frame, int at, int length, int flowControlled, boolean endStream)
            throws ConnectionErrorException {
        receiveOnConnection(flowControlled);
        BackStream stream = streams.get(streamId);
        if (stream == null) {
            // It crossed our RST_STREAM.
            requireOpened(streamId, "DATA");
            return;
        }
        try {
            stream.onResponseData(frame, at, length, flowControlled, endStream);
        } catch (StreamErrorException e) {
            if (e.code() == ErrorCode.FLOW_CONTROL_ERROR) {
                guard.hit(Limit.FLOW_CONTROL);
            }
            onStreamError(streamId, e.code(), String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void onRstStream(int streamId, long errorCode) throws ConnectionErrorException {
        requireOpened(streamId, "RST_STREAM");
        guard.resetReceived();
        BackStream stream = streams.remove(streamId);
        if (stream != null) {
            stream.onServerReset(ErrorCode.of(errorCode));
            onStreamEnded();
        }
    }

    @Override
    void widenStream(int streamId, int increment) throws ConnectionErrorException {
        BackStream stream = streams.get(streamId);
        if (stream == null) {
            requireOpened(streamId, "WINDOW_UPDATE");
        } else if (!stream.requestFlow().widen(increment)) {
            guard.hit(Limit.FLOW_CONTROL);
            onStreamError(streamId, ErrorCode.FLOW_CONTROL_ERROR, "window beyond 2^31-1");
        }
    }

    private void requireOpened(int streamId, String frame) throws ConnectionErrorException {
        if ((streamId & 1) == 0 || streamId >= nextStreamId) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, frame + " on idle stream " + streamId);
        }
    }

    @Override
    boolean widenStreams(int delta) {
        boolean fits = true;
        for (BackStream stream : streamsNow()) {
            fits &= stream.requestFlow().widen(delta);
        }
        return fits;
    }

    @Override
    public void onGoAway(int lastStreamId, long errorCode) {
        if (!goingAway) {
            log.info(
                    "{} goes away: lastStream={} error={} openStreams={}",
                    describe(),
                    lastStreamId,
                    ErrorCode.of(errorCode),
                    streams.size());
        }
        retired = true;
        goingAway = true;
        List<Integer> unseen = new ArrayList<>();
        for (int id : streams.keySet()) {
            if (id > lastStreamId) {
                unseen.add(id);
            }
        }
        for (int id : unseen) {
            BackStream stream = streams.remove(id);
            if (stream != null) {
                stream.onServerRefused();
            }
        }
        onStreamEnded();
    }

    @Override
    public void onStreamError(int streamId, ErrorCode code, String message) throws ConnectionErrorException {
        context.failures().serverStreamReset(this, streamId, code, message);
        BackStream stream = streams.get(streamId);
        if (stream != null) {
            guard.resetSent();
            stream.onServerBroke(code);
        } else {
            requireOpened(streamId, "a broken frame");
        }
    }
}
