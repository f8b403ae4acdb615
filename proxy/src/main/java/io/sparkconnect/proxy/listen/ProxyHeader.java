/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PROXY header at the beginning of a connection (versions 1 and 2): required, read once, and then this handler is gone.
 * What comes behind the header is passed on. Confined to the loop.
 *
 * <p>A header that says LOCAL (the balancer's own health check) or UNKNOWN names no client: the socket's peer stays one.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A close that fails shows nowhere else either.
final class ProxyHeader extends ByteToMessageDecoder {
    private static final Logger log = LoggerFactory.getLogger(ProxyHeader.class);

    /** Load balancers send some hundred bytes of type-length-values. */
    static final int MOST_TLV_BYTES = 4096;

    private static final byte[] VERSION_1 = "PROXY ".getBytes(US_ASCII);
    private static final byte[] VERSION_2 = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

    private final AddressRanges trusted;
    private final GreetingClock clock;
    private final Refusals refusals;
    private final Consumer<Channel> next;
    private boolean refused;

    /** @param next told when the header was read and {@link ClientAddress} knows the client; on the loop */
    ProxyHeader(AddressRanges trusted, GreetingClock clock, Refusals refusals, Consumer<Channel> next) {
        this.trusted = trusted;
        this.clock = clock;
        this.refusals = refusals;
        this.next = next;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        if (ctx.channel().remoteAddress() instanceof InetSocketAddress peer && trusted.contain(peer)) {
            clock.whenTooLate(() -> refuse(ctx, "no-proxy-header", "no PROXY header came within " + clock.limit()));
            clock.start(ctx.channel().eventLoop());
        } else {
            refuse(
                    ctx,
                    "proxy-header-untrusted",
                    "this port is for load balancers (sparkconnect.proxy.proxy.protocol.trusted)");
        }
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
        } else if (Beginning.mayBecome(in, VERSION_1) || Beginning.mayBecome(in, VERSION_2)) {
            boolean complete = in.readableBytes() >= VERSION_2.length || in.getByte(in.readerIndex()) == VERSION_1[0];
            if (complete && in.readableBytes() >= VERSION_1.length) {
                ctx.pipeline()
                        .addAfter(ctx.name(), "proxied-client", new ProxiedClient())
                        .addAfter(ctx.name(), "proxy-header-rest", new HAProxyMessageDecoder(MOST_TLV_BYTES))
                        .remove(this);
            }
        } else {
            in.skipBytes(in.readableBytes());
            refuse(
                    ctx,
                    "no-proxy-header",
                    "its first bytes are no PROXY header, which this port requires"
                            + " (sparkconnect.proxy.proxy.protocol.listen)");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("client={} closed before its PROXY header", ClientAddress.of(ctx.channel()), cause);
        ctx.close();
    }

    private void refuse(ChannelHandlerContext ctx, String word, String why) {
        if (!refused) {
            refused = true;
            clock.stop();
            refusals.refused(ctx.channel(), word, why);
            ctx.close();
        }
    }

    /** Takes the header that was read out of the pipeline, before the bytes behind it come. */
    private final class ProxiedClient extends SimpleChannelInboundHandler<HAProxyMessage> {
        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            clock.whenTooLate(
                    () -> refuse(ctx, "bad-proxy-header", "its PROXY header did not end within " + clock.limit()));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage message) throws UnknownHostException {
            InetSocketAddress client = clientOf(message);
            if (client != null) {
                ClientAddress.tell(ctx.channel(), client);
            }
            next.accept(ctx.channel());
            ctx.pipeline().remove(this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Throwable root = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
            if (root instanceof HAProxyProtocolException) {
                refuse(ctx, "bad-proxy-header", "its PROXY header is not valid: " + root.getMessage());
            } else {
                log.debug("client={} closed within its PROXY header", ClientAddress.of(ctx.channel()), cause);
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            clock.stop();
            super.channelInactive(ctx);
        }
    }

    private static @Nullable InetSocketAddress clientOf(HAProxyMessage message) throws UnknownHostException {
        boolean named = message.command() == HAProxyCommand.PROXY
                && (message.proxiedProtocol() == HAProxyProxiedProtocol.TCP4
                        || message.proxiedProtocol() == HAProxyProxiedProtocol.TCP6);
        byte[] address = named ? NetUtil.createByteArrayFromIpAddressString(message.sourceAddress()) : null;
        return address == null ? null : new InetSocketAddress(InetAddress.getByAddress(address), message.sourcePort());
    }
}
