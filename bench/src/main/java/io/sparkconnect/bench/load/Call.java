/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.bench.wire.MessageReader;
import io.sparkconnect.bench.wire.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One RPC and the check of its answer. Can be sent again when it has ended. On its connection's event loop.
 */
abstract class Call implements MessageReader.Sink {
    /** Told of the end of a call. */
    interface Listener {
        /** Every byte was as expected if {@code failure} is null, which else says what was not. */
        void ended(Call call, @Nullable String failure);
    }

    final Session session;
    final Pattern pattern;
    final Ledger ledger;
    final MessageReader reader = new MessageReader(this);
    private final Listener listener;
    private @Nullable String wrong;

    /** When the call was meant to be sent, in {@link System#nanoTime}. */
    long intendedNanos;

    Call(Session session, Pattern pattern, Ledger ledger, Listener listener) {
        this.session = session;
        this.pattern = pattern;
        this.ledger = ledger;
        this.listener = listener;
    }

    abstract Method method();

    /** Writes the request after its headers, without a flush. */
    abstract void writeRequest(ChannelHandlerContext ctx, Http2ConnectionEncoder encoder, Http2Stream stream);

    /** Checks one message of the answer; returns what is wrong with it. */
    abstract @Nullable String check(MessageReader answer);

    /** What is missing at the end of an answer with status OK. */
    abstract @Nullable String checkEnd();

    /** Goes on writing; true when something was written that wants a flush. */
    boolean proceed() {
        return false;
    }

    final void begin() {
        reader.reset();
        wrong = null;
    }

    @Override
    public final void message(MessageReader answer) {
        if (!session.isEchoedBy(answer)) {
            wrong("an answer to another session");
        } else if (!session.isBoundTo(answer)) {
            ledger.strayed();
        }
        String found = check(answer);
        if (found != null) {
            wrong(found);
        }
    }

    final void wrong(String what) {
        wrong = wrong == null ? what : wrong;
    }

    /** The server's trailers came, or instead of them the reason why they never will. */
    final void end(@Nullable CharSequence grpcStatus, @Nullable String broken) {
        if (broken != null) {
            wrong(broken);
        } else if (grpcStatus == null || grpcStatus.length() != 1 || grpcStatus.charAt(0) != '0') {
            wrong("grpc-status " + grpcStatus);
        } else if (!reader.isAtMessageEnd()) {
            wrong("a message cut short");
        } else if (wrong == null) {
            String missing = checkEnd();
            if (missing != null) {
                wrong(missing);
            }
        }
        listener.ended(this, wrong);
    }
}
