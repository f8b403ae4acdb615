/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.netty.handler.codec.http2.Http2Error.CANCEL;
import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;
import static io.netty.handler.codec.http2.Http2Error.NO_ERROR;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what a peer can make us send: control frames that pile up because it does not read, and stream errors that it
 * provokes (CVE-2025-8671). Netty has the same guards, but its builder offers them only together with Huffman coding.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class FloodGuard extends DecoratingHttp2ConnectionEncoder {
    private final int resetsPerWindow;
    private final LongSupplier nanoTime;
    private @Nullable Http2LifecycleManager lifecycle;
    private int queuedControlFrames;
    private int resetsInWindow;
    private long windowStartNanos;

    /** @param resetsPerWindow resets that we may be made to send in 30 s; 0 means any number */
    FloodGuard(Http2ConnectionEncoder encoder, int resetsPerWindow, LongSupplier nanoTime) {
        super(encoder);
        this.resetsPerWindow = resetsPerWindow;
        this.nanoTime = nanoTime;
        this.windowStartNanos = nanoTime.getAsLong();
    }

    @Override
    public void lifecycleManager(Http2LifecycleManager lifecycleManager) {
        this.lifecycle = lifecycleManager;
        super.lifecycleManager(lifecycleManager);
    }

    @Override
    public ChannelFuture writeSettingsAck(ChannelHandlerContext ctx, ChannelPromise promise) {
        return super.writeSettingsAck(ctx, counted(ctx, promise));
    }

    @Override
    public ChannelFuture writePing(ChannelHandlerContext ctx, boolean ack, long data, ChannelPromise promise) {
        return super.writePing(ctx, ack, data, ack ? counted(ctx, promise) : promise);
    }

    @Override
    public ChannelFuture writeRstStream(
            ChannelHandlerContext ctx, int streamId, long errorCode, ChannelPromise promise) {
        if (errorCode != CANCEL.code() && errorCode != NO_ERROR.code()) {
            countProvokedReset(ctx);
        }
        return super.writeRstStream(ctx, streamId, errorCode, counted(ctx, promise));
    }

    private ChannelPromise counted(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (++queuedControlFrames > RelayLimits.QUEUED_CONTROL_FRAMES) {
            giveUp(ctx, "the peer reads none of the frames that it makes us send");
        }
        return promise.unvoid().addListener(done -> queuedControlFrames--);
    }

    private void countProvokedReset(ChannelHandlerContext ctx) {
        long now = nanoTime.getAsLong();
        if (now - windowStartNanos >= TimeUnit.SECONDS.toNanos(RelayLimits.RESET_WINDOW_SECONDS)) {
            windowStartNanos = now;
            resetsInWindow = 0;
        }
        if (resetsPerWindow > 0 && ++resetsInWindow > resetsPerWindow) {
            giveUp(ctx, "too many stream errors in " + RelayLimits.RESET_WINDOW_SECONDS + " s");
        }
    }

    private void giveUp(ChannelHandlerContext ctx, String why) {
        if (lifecycle != null) {
            lifecycle.onError(ctx, true, Http2Exception.connectionError(ENHANCE_YOUR_CALM, why));
            ctx.flush();
        }
    }
}
