/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.micro;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.route.HeadReading;
import io.sparkconnect.proxy.route.SessionKeyReader;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Who a request belongs to, out of its first bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KeyReading {
    private static final int SESSION_ID = 1;
    private static final int USER_CONTEXT = 2;
    private static final int PLAN = 3;

    /** Bytes of the plan behind session and user: a small call, and one that is longer than what is looked at. */
    @Param({"64", "20000"})
    private int planBytes;

    private final SessionKeyReader reader = new SessionKeyReader(SessionKeyReader.DEFAULT_MAX_HEAD_BYTES);
    private ByteBuf request = Unpooled.EMPTY_BUFFER;

    @Setup(Level.Trial)
    public void write() {
        ByteBuf message = Unpooled.directBuffer();
        field(message, SESSION_ID, "0f8fad5b-d9cb-469f-a165-70867728950e".getBytes(US_ASCII));
        ByteBuf user = Unpooled.buffer();
        field(user, 1, "someone@example.org".getBytes(US_ASCII));
        byte[] userBytes = new byte[user.readableBytes()];
        user.readBytes(userBytes);
        field(message, USER_CONTEXT, userBytes);
        field(message, PLAN, new byte[planBytes]);
        request = Unpooled.directBuffer()
                .writeByte(0)
                .writeInt(message.readableBytes())
                .writeBytes(message);
    }

    @Benchmark
    public HeadReading read() {
        return reader.read("Config", request, true);
    }

    private static void field(ByteBuf out, int number, byte[] value) {
        out.writeByte((number << 3) | 2);
        int length = value.length;
        while (length > 0x7f) {
            out.writeByte((length & 0x7f) | 0x80);
            length >>>= 7;
        }
        out.writeByte(length).writeBytes(value);
    }
}
