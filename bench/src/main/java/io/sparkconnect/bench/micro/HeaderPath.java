/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.micro;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.AbuseGuard;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.HeaderDecoder;
import io.sparkconnect.proxy.h2.HeaderEncoder;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.LimitCounters;
import io.sparkconnect.proxy.h2.StreamErrorException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A request's header block from one connection to another: unfolded, and folded again. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeaderPath {
    private static final int FRAME_HEADER = 9;
    private static final int MAX_FRAME = 16_384;
    private static final int STREAM = 1;

    private final HeaderDecoder decoder =
            new HeaderDecoder(new AbuseGuard(AbuseLimits.forClients(), new LimitCounters(), System::nanoTime));
    private final HeaderEncoder encoder = new HeaderEncoder();
    private final ByteBuf out = Unpooled.directBuffer(4096);
    private ByteBuf repeated = Unpooled.EMPTY_BUFFER;
    private ByteBuf changing = Unpooled.EMPTY_BUFFER;

    /** Both tables know the common fields, as after a connection's first call. */
    @Setup
    public void learn() throws ConnectionErrorException, StreamErrorException {
        HeaderEncoder client = new HeaderEncoder();
        HeaderList request = new HeaderList(request());
        pass(block(client, request));
        repeated = block(client, request);
        // A field that is never indexed, as a token is, keeps the block from being wholly indexed.
        changing = block(client, new HeaderList(request().add("authorization", "Bearer ".concat("x".repeat(200)))));
    }

    /** From the second call on: nothing but indexes, and known. */
    @Benchmark
    public int repeatedBlock() throws ConnectionErrorException, StreamErrorException {
        return pass(repeated);
    }

    /** A block too long to be remembered, unfolded and folded each time. */
    @Benchmark
    public int blockWithAToken() throws ConnectionErrorException, StreamErrorException {
        return pass(changing);
    }

    private int pass(ByteBuf block) throws ConnectionErrorException, StreamErrorException {
        HeaderList list = decoder.decode(STREAM, block.readerIndex(0));
        out.clear();
        encoder.write(out, STREAM, list, false, MAX_FRAME);
        return out.writerIndex();
    }

    private static ByteBuf block(HeaderEncoder client, HeaderList list) {
        ByteBuf frame = Unpooled.directBuffer(4096);
        client.write(frame, STREAM, list, false, MAX_FRAME);
        return frame.skipBytes(FRAME_HEADER).discardReadBytes();
    }

    private static Http2Headers request() {
        return new DefaultHttp2Headers(false)
                .method("POST")
                .scheme("http")
                .path("/spark.connect.SparkConnectService/Config")
                .authority("127.0.0.1:15002")
                .add("te", "trailers")
                .add("content-type", "application/grpc")
                .add("user-agent", "grpc-python/1.76.0 grpc-c/51.0.0 (linux; chttp2)")
                .add("grpc-accept-encoding", "identity, deflate, gzip");
    }
}
