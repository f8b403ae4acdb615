/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.AbuseGuard;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ClientPreface;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderDecoder;
import io.sparkconnect.proxy.h2.HeaderEncoder;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.LimitCounters;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One end of an HTTP/2 connection, frame by frame and by the test's hand, so that it can do what no library would. */
public final class RawPeer implements AutoCloseable {
    private static final int WAIT_SECONDS = 20;

    /** The type of what comes when the connection has ended. */
    public static final int END = -1;

    /** A frame that came, or {@link #END}. */
    public record Got(int type, int flags, int streamId, String hex, int length) {
        public boolean endsStream() {
            return (flags & Frame.FLAG_END_STREAM) != 0;
        }
    }

    private final Socket socket;
    private final HeaderEncoder encoder = new HeaderEncoder();
    private final HeaderDecoder decoder =
            new HeaderDecoder(new AbuseGuard(AbuseLimits.forServers(), new LimitCounters(), System::nanoTime));
    private final BlockingQueue<Got> frames = new LinkedBlockingQueue<>();
    private final BlockingQueue<Http2Headers> headers = new LinkedBlockingQueue<>();

    private final Map<Integer, Long> dataBytes = new ConcurrentHashMap<>();

    private RawPeer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
    }

    /** A client of the proxy; has sent its preface and the given settings, as hex. */
    public static RawPeer client(int port, String settings) throws IOException {
        RawPeer peer = new RawPeer(new Socket(InetAddress.getLoopbackAddress(), port));
        peer.send(out -> {
            ClientPreface.write(out);
            hexFrame(out, Frame.SETTINGS, 0, 0, settings);
        });
        peer.startReading(0);
        return peer;
    }

    /** Like {@link #client}, but reads nothing, ever. */
    public static RawPeer deafClient(int port, String settings) throws IOException {
        Socket socket = new Socket();
        // A small buffer, so that what the peer does not read is soon the proxy's to keep.
        socket.setReceiveBufferSize(8 * 1024);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        RawPeer peer = new RawPeer(socket);
        peer.send(out -> {
            ClientPreface.write(out);
            hexFrame(out, Frame.SETTINGS, 0, 0, settings);
        });
        return peer;
    }

    /** A connection of which nothing has been said yet. */
    public static RawPeer silent(int port) throws IOException {
        RawPeer peer = new RawPeer(new Socket(InetAddress.getLoopbackAddress(), port));
        peer.startReading(0);
        return peer;
    }

    /** Accepts the proxy's connection to a server. */
    public static RawPeer accept(ServerSocket listening, String settings) throws IOException {
        RawPeer peer = new RawPeer(listening.accept());
        peer.send(out -> hexFrame(out, Frame.SETTINGS, 0, 0, settings));
        peer.startReading(24);
        return peer;
    }

    private void startReading(int prefaceBytes) {
        Thread reader = new Thread(() -> read(prefaceBytes), "raw-peer");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(int prefaceBytes) {
        try {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readNBytes(prefaceBytes);
            while (true) {
                ByteBuf header = Unpooled.wrappedBuffer(readFully(in, Frame.HEADER_LENGTH));
                byte[] payload = readFully(in, Frame.length(header, 0));
                Got got = new Got(
                        Frame.type(header, 0),
                        Frame.flags(header, 0),
                        Frame.streamId(header, 0),
                        io.netty.buffer.ByteBufUtil.hexDump(payload, 0, Math.min(64, payload.length)),
                        payload.length);
                if (got.type == Frame.HEADERS) {
                    headers.add(decoder.decode(got.streamId, Unpooled.wrappedBuffer(payload))
                            .fields());
                }
                if (got.type == Frame.DATA) {
                    dataBytes.merge(got.streamId, (long) got.length, Long::sum);
                }
                frames.add(got);
            }
        } catch (IOException e) {
            frames.add(new Got(END, 0, 0, "", 0));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] readFully(DataInputStream in, int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    public void send(Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        writer.accept(out);
        try {
            out.readBytes(socket.getOutputStream(), out.readableBytes());
            socket.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void hexFrame(ByteBuf out, int type, int flags, int streamId, String payload) {
        byte[] bytes = io.netty.buffer.ByteBufUtil.decodeHexDump(payload);
        Frame.writeHeader(out, bytes.length, type, flags, streamId);
        out.writeBytes(bytes);
    }

    public void headers(int streamId, boolean end, String... namesAndValues) {
        Http2Headers fields = new DefaultHttp2Headers(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        send(out -> encoder.write(out, streamId, new HeaderList(fields), end, Frame.MIN_MAX_SIZE));
    }

    /** HEADERS of a call, and nothing of its body yet. */
    public void call(int streamId, String method, String... more) {
        String[] fields = new String[10 + more.length];
        System.arraycopy(
                new String[] {
                    ":method",
                    "POST",
                    ":scheme",
                    "http",
                    ":path",
                    "/" + Grpc.SERVICE + "/" + method,
                    "content-type",
                    "application/grpc",
                    "te",
                    "trailers"
                },
                0,
                fields,
                0,
                10);
        System.arraycopy(more, 0, fields, 10, more.length);
        headers(streamId, false, fields);
    }

    public void data(int streamId, byte[] payload, boolean end) {
        send(out -> {
            Frame.writeHeader(out, payload.length, Frame.DATA, end ? Frame.FLAG_END_STREAM : 0, streamId);
            out.writeBytes(payload);
        });
    }

    public void reset(int streamId, ErrorCode code) {
        send(out -> Frame.writeRstStream(out, streamId, code));
    }

    /** The next frame of this type; what comes before it is passed over. */
    public Got next(int type) throws InterruptedException {
        StringBuilder passedOver = new StringBuilder();
        while (true) {
            Got got = frames.poll(WAIT_SECONDS, TimeUnit.SECONDS);
            assertThat(got).as("frame of type %d after %s", type, passedOver).isNotNull();
            if (got.type == type) {
                return got;
            }
            assertThat(got.type).as("connection ended after %s", passedOver).isNotEqualTo(END);
            passedOver.append(got).append('\n');
        }
    }

    /** The header list of the next HEADERS frame that {@link #next} returned or passes over. */
    public Http2Headers nextHeaders() throws InterruptedException {
        next(Frame.HEADERS);
        Http2Headers list = headers.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        assertThat(list).isNotNull();
        return list;
    }

    /** Reads to the end of a stream. Returns the number of DATA bytes. */
    public long readToEnd(int streamId) throws InterruptedException {
        long bytes = 0;
        while (true) {
            Got got = frames.poll(WAIT_SECONDS, TimeUnit.SECONDS);
            assertThat(got).as("stream %d after %d bytes", streamId, bytes).isNotNull();
            assertThat(got.type).as("connection ended").isNotEqualTo(END);
            if (got.streamId == streamId) {
                assertThat(got.type).as("reset after %d bytes: %s", bytes, got).isNotEqualTo(Frame.RST_STREAM);
                bytes += got.type == Frame.DATA ? got.length : 0;
                if (got.endsStream() && (got.type == Frame.DATA || got.type == Frame.HEADERS)) {
                    return bytes;
                }
            }
        }
    }

    /** How many bytes of DATA have come for a stream, whatever was passed over. */
    public long dataBytes(int streamId) {
        return dataBytes.getOrDefault(streamId, 0L);
    }

    /** The next frame of any type; null when none comes within the time. */
    @Nullable
    public Got poll(long millis) throws InterruptedException {
        return frames.poll(millis, TimeUnit.MILLISECONDS);
    }

    /** Waits for GOAWAY, and returns its error. */
    public ErrorCode awaitGoAway() throws InterruptedException {
        String hex = next(Frame.GOAWAY).hex();
        return ErrorCode.of(Long.parseLong(hex.substring(8, 16), 16));
    }

    /** Waits for RST_STREAM, and returns its error. */
    public ErrorCode awaitReset() throws InterruptedException {
        return ErrorCode.of(Long.parseLong(next(Frame.RST_STREAM).hex(), 16));
    }

    /** Passes over everything until the connection is closed. */
    public void awaitEnd() throws InterruptedException {
        Got got;
        do {
            got = frames.poll(WAIT_SECONDS, TimeUnit.SECONDS);
            assertThat(got).as("end of the connection").isNotNull();
        } while (got.type != -1);
    }

    /** Asks and waits for the answer: all that was sent before has been looked at. */
    public void roundTrip() throws InterruptedException {
        send(out -> Frame.writePing(out, 4711, false));
        while (true) {
            Got ping = next(Frame.PING);
            if ((ping.flags & Frame.FLAG_ACK) != 0) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
