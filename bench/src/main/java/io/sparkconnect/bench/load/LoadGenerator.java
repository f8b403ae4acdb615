/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.channel.EventLoopGroup;
import io.sparkconnect.bench.wire.Pattern;
import io.sparkconnect.bench.wire.Transport;

/** The clients of the bench. Any thread. */
public final class LoadGenerator implements AutoCloseable {
    private final EventLoopGroup loops;
    private final Pattern pattern = new Pattern();

    public LoadGenerator(int eventLoops) {
        this.loops = Transport.eventLoops("load", eventLoops);
    }

    /** Starts a load that goes on until it is stopped. */
    public Load start(Shape shape, Target target, Ledger ledger) {
        Connector connector = new Connector(loops, target);
        if (shape instanceof Shape.Unary unary) {
            return ClosedLoad.start(
                    connector,
                    ledger,
                    unary.connections(),
                    unary.inFlight(),
                    (session, listener) -> new UnaryCall(session, pattern, ledger, listener));
        } else if (shape instanceof Shape.UnaryAtRate rate) {
            return RateLoad.start(connector, ledger, pattern, rate.connections(), rate.perSecond());
        } else if (shape instanceof Shape.Results results) {
            return ClosedLoad.start(
                    connector,
                    ledger,
                    results.connections(),
                    results.inFlight(),
                    (session, listener) ->
                            new ResultCall(session, pattern, ledger, listener, results.messages(), results.bytes()));
        } else if (shape instanceof Shape.Uploads uploads) {
            return ClosedLoad.start(
                    connector,
                    ledger,
                    uploads.connections(),
                    uploads.inFlight(),
                    (session, listener) ->
                            new UploadCall(session, pattern, ledger, listener, uploads.chunks(), uploads.bytes()));
        } else if (shape instanceof Shape.Connects connects) {
            return ConnectLoad.start(connector, ledger, pattern, connects.concurrency(), connects.count());
        } else if (shape instanceof Shape.Sessions sessions) {
            return SessionsLoad.start(connector, ledger, pattern, sessions.connections(), sessions.count());
        }
        throw new IllegalArgumentException("shape: " + shape);
    }

    /** Opens connections that do nothing after their first call; see {@link HeldConnections}. */
    public HeldConnections hold(Target target, Ledger ledger, int count, boolean silentStreams) {
        return HeldConnections.open(new Connector(loops, target), pattern, ledger, count, silentStreams);
    }

    /** Sessions that change their connection and source address from call to call; see {@link Roaming}. */
    public Roaming.Outcome roam(Target target, Ledger ledger, int connections, int sessions, int callsPerSession) {
        return new Roaming(new Connector(loops, target), pattern, ledger).run(connections, sessions, callsPerSession);
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, java.util.concurrent.TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
