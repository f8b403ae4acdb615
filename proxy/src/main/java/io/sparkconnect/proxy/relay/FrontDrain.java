/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.h2.ErrorCode;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The polite end of a client's connection: GOAWAY with the highest id, a PING to know that it was read, GOAWAY with the real
 * last id, and the close after the last stream. A single GOAWAY would lose the streams that were on their way. Confined to
 * the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
final class FrontDrain {
    private static final long PAYLOAD = 0x6472_6169_6e21_2121L;
    private static final long ACK_WAIT_SECONDS = 10;
    private static final long LAST_WORDS_MS = 500;
    private static final long LINGER_MS = 500;

    private final FrontConnection connection;
    private boolean begun;
    private boolean lastIdSent;
    private boolean ending;
    private @Nullable Future<?> timer;

    FrontDrain(FrontConnection connection) {
        this.connection = connection;
    }

    void begin() {
        if (begun || connection.isClosing()) {
            return;
        }
        begun = true;
        connection.outlet().goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR);
        connection.outlet().ping(PAYLOAD, false);
        timer = connection.ctx().executor().schedule(this::sendLastId, ACK_WAIT_SECONDS, TimeUnit.SECONDS);
    }

    boolean hasBegun() {
        return begun;
    }

    void onAck(long payload) {
        if (payload == PAYLOAD) {
            sendLastId();
        }
    }

    /** Now, whatever is open; what was written just before still leaves. */
    void finish() {
        if (connection.isClosing()) {
            return;
        }
        begun = true;
        sendLastId();
        stop();
        timer = connection
                .ctx()
                .executor()
                .schedule(
                        () -> {
                            connection.ctx().close();
                        },
                        LAST_WORDS_MS,
                        TimeUnit.MILLISECONDS);
    }

    void onStreamEnded() {
        if (lastIdSent) {
            closeIfDone();
        }
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void sendLastId() {
        if (begun && !lastIdSent && !connection.isClosing()) {
            lastIdSent = true;
            stop();
            connection.outlet().goAway(connection.refuseNewStreams(), ErrorCode.NO_ERROR);
            closeIfDone();
        }
    }

    /**
     * Not at once: a thread of the client may have chosen this connection just before the GOAWAY came. While the connection is
     * there its gRPC library moves that call elsewhere; once it is closed, grpc-java tells the caller UNAVAILABLE.
     */
    private void closeIfDone() {
        if (!ending && connection.streams.isEmpty()) {
            ending = true;
            ChannelHandlerContext ctx = connection.ctx();
            timer = ctx.executor().schedule(() -> sayLast(ctx), LINGER_MS, TimeUnit.MILLISECONDS);
        }
    }

    private void sayLast(ChannelHandlerContext ctx) {
        connection.outlet().flush();
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> end(ctx));
    }

    /**
     * A FIN, and the close when the client has closed too or after a while. A close with bytes of the client unread (a
     * WINDOW_UPDATE is enough) would send a RST, which overtakes the last response.
     */
    private void end(ChannelHandlerContext ctx) {
        if (ctx.channel() instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
        }
        timer = ctx.executor().schedule(() -> ctx.close(), LAST_WORDS_MS, TimeUnit.MILLISECONDS);
    }
}
