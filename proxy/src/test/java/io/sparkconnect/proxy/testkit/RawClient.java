/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/** A client that says on the wire what a test wants, and acknowledges nothing by itself. */
public final class RawClient implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();

    /** A frame; headers are decoded. */
    public record Frame(
            int type,
            int flags,
            int stream,
            ByteBuf payload,
            @Nullable Http2Headers headers) {}

    public RawClient(InetSocketAddress address) throws IOException {
        this(address, new byte[0]);
    }

    /** @param before sent in front of the HTTP/2 preface, in the same packet */
    public RawClient(InetSocketAddress address, byte[] before) throws IOException {
        socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(20_000);
        out = socket.getOutputStream();
        in = new DataInputStream(socket.getInputStream());
        // One write: a server that refuses the connection at once would break a second one.
        byte[] emptySettings = {0, 0, 0, SETTINGS, 0, 0, 0, 0, 0};
        ByteBuf first =
                Unpooled.wrappedBuffer(before, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII), emptySettings);
        out.write(ByteBufUtil.getBytes(first));
    }

    public void send(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteBuf frame = Unpooled.buffer(9 + payload.length);
        frame.writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
        out.write(frame.array(), 0, frame.readableBytes());
    }

    /** Begins a call and leaves it open. */
    public void call(int stream, String method) throws IOException, Http2Exception {
        Http2Headers headers = new DefaultHttp2Headers()
                .method("POST")
                .scheme("http")
                .authority("test")
                .path("/" + Grpc.SERVICE + "/" + method)
                .set("content-type", "application/grpc")
                .set("te", "trailers");
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(stream, headers, block);
        send(HEADERS, END_HEADERS, stream, ByteBufUtil.getBytes(block));
    }

    /** A whole unary call. */
    public void call(int stream, String method, byte[] request) throws IOException, Http2Exception {
        call(stream, method);
        ByteBuf message =
                Unpooled.buffer().writeByte(0).writeInt(request.length).writeBytes(request);
        send(DATA, END_STREAM, stream, ByteBufUtil.getBytes(message));
    }

    /** A plain HTTP/2 GET. */
    public void get(int stream, String path) throws IOException, Http2Exception {
        Http2Headers headers = new DefaultHttp2Headers()
                .method("GET")
                .scheme("http")
                .authority("test")
                .path(path);
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(stream, headers, block);
        send(HEADERS, END_HEADERS | END_STREAM, stream, ByteBufUtil.getBytes(block));
    }

    /** The next frame of this type; null when the connection was closed before. */
    public @Nullable Frame await(int type) throws IOException, Http2Exception {
        while (true) {
            Frame frame = read();
            if (frame == null || frame.type() == type) {
                return frame;
            }
        }
    }

    private @Nullable Frame read() throws IOException, Http2Exception {
        byte[] header = new byte[9];
        try {
            in.readFully(header);
        } catch (EOFException | SocketException e) {
            return null;
        }
        ByteBuf fields = Unpooled.wrappedBuffer(header);
        byte[] payload = new byte[fields.readUnsignedMedium()];
        int type = fields.readUnsignedByte();
        int flags = fields.readUnsignedByte();
        int stream = fields.readInt();
        in.readFully(payload);
        Http2Headers headers = type == HEADERS ? decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload)) : null;
        return new Frame(type, flags, stream, Unpooled.wrappedBuffer(payload), headers);
    }

    @Override
    public void close() throws IOException {
        encoder.close();
        socket.close();
    }
}
