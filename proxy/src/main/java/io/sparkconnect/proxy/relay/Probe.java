/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.h2.StreamState;
import io.sparkconnect.proxy.h2.StreamState.Event;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.SessionLocator.ProbeAnswer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call of our own to a server: waits for the status, as long as a connection may take to be made, and throws away what else
 * the server says. Confined to the loop.
 */
final class Probe implements BackStream, Flow.Owner {
    private static final String SERVICE = "/spark.connect.SparkConnectService/";
    private static final int PREFIX_BYTES = 5;

    private final BackConnection connection;
    private final CompletableFuture<ProbeAnswer> answer;
    private final Flow request = new Flow(this);
    private StreamState state = StreamState.IDLE;
    private int id;
    private boolean responseStarted;
    private @Nullable Future<?> deadline;

    Probe(BackConnection connection, CompletableFuture<ProbeAnswer> answer) {
        this.connection = connection;
        this.answer = answer;
    }

    void send(Backend backend, String rpc, byte[] message) {
        Http2Headers headers = new DefaultHttp2Headers(false)
                .method("POST")
                .scheme("http")
                .path(SERVICE + rpc)
                .authority(backend.host() + ":" + backend.port())
                .set(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.APPLICATION_GRPC)
                .set("te", "trailers")
                .set("user-agent", "sparkconnect-proxy");
        id = connection.open(new HeaderList(headers), this);
        if (id == 0) {
            answer.completeExceptionally(new IOException("the connection takes no further request"));
            return;
        }
        state = StreamState.IDLE.next(Event.HEADERS);
        Duration patience = connection.context.limits().connectTimeout();
        deadline = connection
                .ctx()
                .executor()
                .schedule(() -> giveUp(patience), patience.toMillis(), TimeUnit.MILLISECONDS);
        int length = PREFIX_BYTES + message.length;
        ByteBuf frame = alloc().buffer(Frame.HEADER_LENGTH + length);
        frame.writeZero(Frame.HEADER_LENGTH + 1).writeInt(message.length).writeBytes(message);
        request.bind(connection, id, connection.peer.initialWindowSize());
        request.data(frame, 0, length, true);
        frame.release();
    }

    @Override
    public ByteBufAllocator alloc() {
        return connection.ctx().alloc();
    }

    @Override
    public BufferedBytes buffered() {
        return connection.context.buffered();
    }

    @Override
    public void onKept() {}

    @Override
    public void onDelivered(Flow flow) {
        moves(Event.SEND_END);
    }

    private void moves(Event event) {
        if (state != StreamState.CLOSED) {
            state = state.next(event);
            if (state == StreamState.CLOSED) {
                connection.finished(id);
            }
        }
    }

    @Override
    public Flow requestFlow() {
        return request;
    }

    @Override
    public void onResponseHeaders(HeaderList list, boolean end) throws StreamErrorException {
        ResponseLine facts = ResponseLine.of(list, responseStarted);
        responseStarted |= !facts.isInformational();
        if (end) {
            CharSequence message = list.fields().get(GrpcHeaders.GRPC_MESSAGE);
            answer.complete(
                    new ProbeAnswer(facts.grpcStatus(), message == null ? "" : percentDecoded(message.toString())));
            finish();
        }
    }

    @Override
    public void onResponseData(ByteBuf in, int at, int length, int flowControlled, boolean end) {
        if (end) {
            fail("the server gave no status");
            finish();
        }
    }

    /** A server that hangs must not keep the stream. */
    private void giveUp(Duration patience) {
        fail("the server gave no status within " + patience);
        reset(ErrorCode.CANCEL);
    }

    private void finish() {
        request.stop();
        stopClock();
        if (state.mayReceive()) {
            moves(Event.RECEIVE_END);
        }
        if (state != StreamState.CLOSED) {
            reset(ErrorCode.NO_ERROR);
        }
    }

    private void reset(ErrorCode code) {
        state = StreamState.CLOSED;
        request.stop();
        stopClock();
        connection.reset(id, code);
    }

    private void stopClock() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    @Override
    public void onServerReset(ErrorCode code) {
        lost("the server reset the stream with " + code);
    }

    @Override
    public void onServerRefused() {
        lost("the server is going away");
    }

    @Override
    public void onServerLost(String cause) {
        lost(cause);
    }

    @Override
    public void onServerBroke(ErrorCode code) {
        fail("the server's answer is not valid HTTP/2");
        reset(code);
    }

    private void lost(String cause) {
        state = StreamState.CLOSED;
        request.stop();
        stopClock();
        fail(cause);
    }

    private void fail(String cause) {
        answer.completeExceptionally(new IOException(cause));
    }

    /** The reverse of {@link GrpcHeaders#percentEncoded}; what is no escape stays as it is. */
    static String percentDecoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high >= 0 ? Character.digit(text.charAt(i + 2), 16) : -1;
            if (low >= 0) {
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toString(UTF_8);
    }
}
