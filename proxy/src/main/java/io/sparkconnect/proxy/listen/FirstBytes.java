/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the first bytes of a connection: an HTTP/2 preface is passed on to the engine, everything else is told what this
 * port is for and closed, so that nobody who got the address wrong waits for nothing. Confined to the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class FirstBytes extends ByteToMessageDecoder {
    private static final Logger log = LoggerFactory.getLogger(FirstBytes.class);

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
    private static final int TLS_HANDSHAKE = 0x16;
    /** Fatal alert 70, protocol_version: TLS clients turn it into an error at once. */
    private static final byte[] TLS_ALERT = {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46};

    private static final long LAST_WORDS_MS = 1000;
    private static final String HTTP1_TEXT = "This port speaks gRPC (HTTP/2 without TLS) for Spark Connect clients."
            + " Use it as SparkSession.builder.remote(\"sc://HOST:PORT\").\n";

    private final Engine engine;
    private final OpenConnections open;
    private final GreetingClock clock;
    private final TrafficWatcher watcher;
    private final Refusals refusals;
    private boolean refused;

    FirstBytes(Engine engine, OpenConnections open, GreetingClock clock, TrafficWatcher watcher, Refusals refusals) {
        this.engine = engine;
        this.open = open;
        this.clock = clock;
        this.watcher = watcher;
        this.refusals = refusals;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        clock.whenTooLate(() -> closeSilently(ctx));
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        clock.start(ctx.channel().eventLoop());
        super.channelActive(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        clock.stop();
        super.channelInactive(ctx);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (refused) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (!Beginning.mayBecome(in, PREFACE)) {
            refuse(ctx, in);
        } else if (in.readableBytes() >= PREFACE.length) {
            clock.stop();
            ClientConnection connection = engine.newConnection(ctx.channel().eventLoop());
            open.add(ctx.channel(), connection);
            ctx.pipeline().addAfter(ctx.name(), "http2", connection);
            ctx.pipeline().remove(this);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("client={} closed before it said what it wants", ClientAddress.of(ctx.channel()), cause);
        ctx.close();
    }

    private void refuse(ChannelHandlerContext ctx, ByteBuf in) {
        refused = true;
        int first = in.getUnsignedByte(in.readerIndex());
        in.skipBytes(in.readableBytes());
        if (first == TLS_HANDSHAKE) {
            refuseWith(ctx, "tls", "TLS", Unpooled.wrappedBuffer(TLS_ALERT));
        } else if (first >= 'A' && first <= 'Z') {
            refuseWith(ctx, "http1", "HTTP/1", http1Answer());
        } else {
            refuseWith(ctx, "unknown-protocol", "an unknown protocol", Unpooled.EMPTY_BUFFER);
        }
    }

    private void refuseWith(ChannelHandlerContext ctx, String word, String protocol, ByteBuf answer) {
        clock.stop();
        refusals.refused(
                ctx.channel(),
                word,
                "it speaks " + protocol + " to a plaintext gRPC port; clients need sc://host:port without TLS");
        ctx.writeAndFlush(answer).addListener(written -> {
            // Closing with unread bytes would send a RST that can overtake the answer.
            if (ctx.channel() instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            }
            ctx.executor().schedule(() -> ctx.close(), LAST_WORDS_MS, TimeUnit.MILLISECONDS);
        });
    }

    /** Port scanners and health checks do that all day: counted, but no line of the log. */
    private void closeSilently(ChannelHandlerContext ctx) {
        watcher.clientRefused("no-preface");
        log.debug("client={} sent no HTTP/2 preface within {}", ClientAddress.of(ctx.channel()), clock.limit());
        ctx.close().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    private static ByteBuf http1Answer() {
        String head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
                + HTTP1_TEXT.length() + "\r\nConnection: close\r\n\r\n";
        return Unpooled.copiedBuffer(head + HTTP1_TEXT, US_ASCII);
    }
}
