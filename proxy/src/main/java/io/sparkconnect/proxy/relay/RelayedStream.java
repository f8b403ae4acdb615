/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.h2.StreamState;
import io.sparkconnect.proxy.h2.StreamState.Event;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.StreamOutcome;
import org.jspecify.annotations.Nullable;

/**
 * The server's stream that a client's stream is coupled with: sees what the server answers, and what becomes of the server.
 * Confined to the loop of both. Owns the response's beginning while the router looks at it; else the client's {@link Flow}s
 * own what waits.
 */
final class RelayedStream implements BackStream {
    private final EngineContext context;
    private final FrontStream client;
    private final @Nullable RequestHead head;
    private final Backend backend;
    private final BackConnection connection;
    private int id;
    private StreamState state = StreamState.IDLE;
    private boolean responseStarted;
    private int informational;
    private @Nullable FirstMessageHold hold;

    RelayedStream(
            EngineContext context,
            FrontStream client,
            @Nullable RequestHead head,
            Backend backend,
            BackConnection connection) {
        this.context = context;
        this.client = client;
        this.head = head;
        this.backend = backend;
        this.connection = connection;
    }

    /** Sends the request's headers. Returns false when the connection takes no stream after all. */
    boolean start(HeaderList headers) {
        id = connection.open(headers, this);
        if (id == 0) {
            return false;
        }
        state = StreamState.IDLE.next(Event.HEADERS);
        client.responseFlow().source(connection, id, context.limits().streamWindowBytes());
        RequestHead asked = head;
        if (asked != null && context.router().inspectsResponse(asked)) {
            hold = new FirstMessageHold(client.alloc(), context.buffered(), message -> inspect(asked, message));
        }
        return true;
    }

    int id() {
        return id;
    }

    BackConnection connection() {
        return connection;
    }

    boolean hasResponseStarted() {
        return responseStarted;
    }

    @Override
    public Flow requestFlow() {
        return client.requestFlow();
    }

    // What the server sends.

    @Override
    public void onResponseHeaders(HeaderList list, boolean end) throws StreamErrorException {
        if (!state.mayReceive()) {
            throw new StreamErrorException(ErrorCode.STREAM_CLOSED, "HEADERS behind the response's end");
        }
        ResponseLine facts = ResponseLine.of(list, responseStarted);
        if (responseStarted && !end) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "HEADERS in the middle of a response");
        }
        if (facts.isInformational()) {
            connection.guard.informational(++informational);
        } else {
            responseStarted = true;
            client.responseStarted();
        }
        if (end) {
            endOfResponse(facts.grpcStatus(), "ok");
        }
        if (!client.isRelaying()) {
            return;
        }
        HeaderList passed = end ? ResponseLine.fitting(list, facts.listBytes(), client.headerListLimit()) : list;
        if (hold != null && end) {
            hold.end(passed);
            passHoldUnlessPending();
        } else {
            client.responseFlow().headers(passed, end);
        }
    }

    @Override
    public void onResponseData(ByteBuf in, int at, int length, int flowControlled, boolean end)
            throws StreamErrorException {
        if (!state.mayReceive() || !responseStarted) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "DATA outside a response");
        }
        Flow response = client.responseFlow();
        if (!response.receive(flowControlled, length, end)) {
            throw new StreamErrorException(ErrorCode.FLOW_CONTROL_ERROR, "data beyond the stream's window");
        }
        client.tally().addOut(length);
        if (end) {
            endOfResponse(GrpcStatus.UNKNOWN, "no-trailers");
        }
        if (!client.isRelaying()) {
            return;
        }
        if (hold != null) {
            hold.add(in, at + Frame.HEADER_LENGTH, length, end);
            passHoldUnlessPending();
            client.checkRoom(hold == null ? client.held() : hold.held());
        } else if (length > 0 || end) {
            response.data(in, at, length, end);
        }
    }

    private void endOfResponse(int grpcStatus, String reason) {
        client.tally().answered(grpcStatus, reason);
        client.responseFlow().sourceEnded();
        moves(Event.RECEIVE_END);
        client.tally().outcome(new StreamOutcome.Answered(grpcStatus));
    }

    // How the server's stream ends.

    @Override
    public void onServerReset(ErrorCode code) {
        context.watcher().reset("server");
        boolean complete = !state.mayReceive();
        state = StreamState.CLOSED;
        if (!client.isRelaying()) {
            return;
        }
        if (complete) {
            // An early answer: its tail may still be on its way to the client, so only the request ends here.
            client.stopRequest();
            return;
        }
        if (code == ErrorCode.CANCEL && connection.isGoingAway()) {
            // A stopping gRPC server cancels what runs. To clients a cancel is final, a lost server is not.
            lost("the server is shutting down");
            return;
        }
        if (code == ErrorCode.REFUSED_STREAM && replayed()) {
            return;
        }
        int status = GrpcHeaders.statusOfReset(code);
        client.tally().answered(status, "server-reset");
        client.tally().outcome(new StreamOutcome.Answered(status));
        client.reset(code);
    }

    @Override
    public void onServerRefused() {
        state = StreamState.CLOSED;
        if (client.isRelaying() && !replayed()) {
            client.tally().outcome(new StreamOutcome.ConnectFailed("the server is going away"));
            client.tally().answered(GrpcStatus.UNAVAILABLE, "server-going-away");
            client.reset(ErrorCode.REFUSED_STREAM);
        }
    }

    /** The server has not looked at the request; whether it gets it again. */
    private boolean replayed() {
        if (responseStarted || !client.replay(head, backend, connection)) {
            return false;
        }
        dropHold();
        return true;
    }

    @Override
    public void onServerLost(String cause) {
        boolean complete = !state.mayReceive();
        state = StreamState.CLOSED;
        if (!client.isRelaying()) {
            return;
        }
        if (complete) {
            client.stopRequest();
        } else {
            lost(cause);
        }
    }

    private void lost(String cause) {
        client.tally().outcome(new StreamOutcome.ConnectionLost(cause));
        client.answer(Answers.connectionLost(backend, cause), "connection-lost");
    }

    @Override
    public void onServerBroke(ErrorCode code) {
        reset(code);
        if (client.isRelaying()) {
            client.tally().outcome(new StreamOutcome.ConnectionLost("invalid HTTP/2"));
            client.answer(Answers.brokenAnswer(backend), "invalid-response");
        }
    }

    /** The client's stream is over or answered: nothing of the server's is passed on any more. Idempotent. */
    void abandon(ErrorCode code) {
        dropHold();
        reset(code);
    }

    /** The request's end has been written to the server. */
    void requestDelivered() {
        moves(Event.SEND_END);
    }

    private void reset(ErrorCode code) {
        if (state != StreamState.IDLE && state != StreamState.CLOSED) {
            state = StreamState.CLOSED;
            connection.reset(id, code);
        }
    }

    private void moves(Event event) {
        if (state == StreamState.CLOSED) {
            return;
        }
        state = state.next(event);
        if (state == StreamState.CLOSED) {
            connection.finished(id);
        }
    }

    // Looking into the response.

    private void inspect(RequestHead asked, ByteBuf message) {
        context.router()
                .beforeResponse(
                        asked, backend, message, client.connection().ctx().executor(), this::passHold);
    }

    private void passHoldUnlessPending() {
        if (hold == null || hold.isPending()) {
            return;
        }
        if (hold.isEmpty()) {
            passHold();
        } else {
            // Passing it on unread would let the client use what the router does not know of.
            onServerBroke(ErrorCode.CANCEL);
        }
    }

    private void passHold() {
        FirstMessageHold passing = hold;
        hold = null;
        if (passing != null) {
            passing.passTo(client.responseFlow());
        }
    }

    private void dropHold() {
        if (hold != null) {
            hold.drop();
            hold = null;
        }
    }
}
