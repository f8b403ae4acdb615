/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2HeadersEncoder.SensitivityDetector;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.util.AsciiString;
import java.util.function.LongSupplier;

/** Puts Netty's pieces together the same way for both sides. */
final class ConnectionParts<T extends RelayConnection>
        extends AbstractHttp2ConnectionHandlerBuilder<T, ConnectionParts<T>> {
    private static final float WINDOW_UPDATE_AT_HALF = 0.5f;
    private static final int FAIR_SHARE_BYTES = 16 * 1024;
    private static final int HEADERS_GUESS = 16;
    private static final int NO_HUFFMAN = Integer.MAX_VALUE;

    /** Tokens are never put into the shared compression table. */
    private static final SensitivityDetector NEVER_INDEXED = (name, value) ->
            AsciiString.contentEquals(name, "authorization") || AsciiString.contentEquals(name, "authentication");

    private final Assembly<T> assembly;

    private ConnectionParts(Assembly<T> assembly) {
        this.assembly = assembly;
    }

    /** Makes the handler out of its parts. */
    interface Assembly<T> {
        T assemble(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings);
    }

    static <T extends RelayConnection> T forClients(RelayLimits limits, LongSupplier nanoTime, Assembly<T> assembly) {
        Http2Settings settings = Http2Settings.defaultSettings()
                .maxConcurrentStreams(limits.streamsPerConnection())
                .initialWindowSize(RelayLimits.UNROUTED_WINDOW_BYTES)
                .maxFrameSize(RelayLimits.MAX_FRAME_BYTES)
                .maxHeaderListSize(limits.clientHeaderListBytes());
        return build(true, settings, limits.resetsPerHalfMinute(), nanoTime, assembly);
    }

    static <T extends RelayConnection> T forServers(RelayLimits limits, LongSupplier nanoTime, Assembly<T> assembly) {
        Http2Settings settings = Http2Settings.defaultSettings()
                .pushEnabled(false)
                .initialWindowSize(limits.streamWindowBytes())
                .maxFrameSize(RelayLimits.MAX_FRAME_BYTES)
                .maxHeaderListSize(limits.backendHeaderListBytes());
        return build(false, settings, 0, nanoTime, assembly);
    }

    private static <T extends RelayConnection> T build(
            boolean server, Http2Settings settings, int resets, LongSupplier nanoTime, Assembly<T> assembly) {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(server);
        // Refilled at once: a stream that nobody reads must not eat the connection's window.
        connection.local().flowController(new DefaultHttp2LocalFlowController(connection, WINDOW_UPDATE_AT_HALF, true));
        UniformStreamByteDistributor fairShares = new UniformStreamByteDistributor(connection);
        fairShares.minAllocationChunk(FAIR_SHARE_BYTES);
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, fairShares));

        // Sizes of trailers are our own business (ClientTrailers): Netty would throw in the middle of a stream.
        DefaultHttp2HeadersEncoder headersEncoder =
                new DefaultHttp2HeadersEncoder(NEVER_INDEXED, true, HEADERS_GUESS, NO_HUFFMAN);
        Http2ConnectionEncoder encoder = new FloodGuard(
                new DefaultHttp2ConnectionEncoder(connection, new DefaultHttp2FrameWriter(headersEncoder)),
                resets,
                nanoTime);
        DefaultHttp2HeadersDecoder headersDecoder =
                new DefaultHttp2HeadersDecoder(true, (long) settings.maxHeaderListSize());
        Http2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(
                connection,
                encoder,
                new DefaultHttp2FrameReader(headersDecoder, RelayLimits.SMALL_CONTINUATION_FRAMES));
        return new ConnectionParts<>(assembly)
                .decoderEnforceMaxRstFramesPerWindow(resets, RelayLimits.RESET_WINDOW_SECONDS)
                .decoderEnforceMaxConsecutiveEmptyDataFrames(RelayLimits.EMPTY_DATA_FRAMES_IN_A_ROW)
                .initialSettings(settings)
                .codec(decoder, encoder)
                .build();
    }

    @Override
    protected T build(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings initialSettings) {
        T handler = assembly.assemble(decoder, encoder, initialSettings);
        decoder.frameListener(handler.frameListener());
        handler.setCumulator(FreshCumulator::cumulate);
        return handler;
    }
}
