/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.StreamOutcome;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a stream and told about it: to the router how its server did, once; to the watcher the whole, when it has
 * ended. Confined to the loop.
 */
final class StreamTally {
    private final EngineContext context;
    private final String remote;
    private final String method;
    private final long startNanos;
    private long bytesIn;
    private long bytesOut;
    private int status = StreamReport.NO_STATUS;
    private String reason = "cancelled";
    private @Nullable RequestHead head;
    private @Nullable Backend backend;
    private boolean outcomeTold;

    StreamTally(EngineContext context, String remote, String method) {
        this.context = context;
        this.remote = remote;
        this.method = method;
        this.startNanos = context.nanoTime().getAsLong();
        context.watcher().streamStarted();
    }

    long nanosSoFar() {
        return context.nanoTime().getAsLong() - startNanos;
    }

    void addIn(int bytes) {
        bytesIn += bytes;
    }

    long bytesIn() {
        return bytesIn;
    }

    void addOut(int bytes) {
        bytesOut += bytes;
    }

    void headRead(RequestHead found) {
        head = found;
    }

    /** Null until it could be read. */
    @Nullable
    RequestHead head() {
        return head;
    }

    void decided(Backend found) {
        backend = found;
    }

    /** The first answer counts. */
    void answered(int grpcStatus, String why) {
        if (!hasStatus()) {
            status = grpcStatus;
            reason = why;
        }
    }

    /** The client does not get the answer that there was. */
    void givenUp(int grpcStatus, String why) {
        status = grpcStatus;
        reason = why;
    }

    boolean hasStatus() {
        return status != StreamReport.NO_STATUS;
    }

    /** Tells the router; the first outcome counts, and none is told while no server was chosen. */
    void outcome(StreamOutcome outcome) {
        if (head != null && backend != null && !outcomeTold) {
            outcomeTold = true;
            context.router().onOutcome(head, backend, outcome);
        }
    }

    /** Tells the watcher; to be called once. */
    void streamEnded() {
        context.watcher()
                .streamEnded(new StreamReport(
                        remote,
                        method,
                        head == null ? null : head.session(),
                        backend,
                        status,
                        bytesIn,
                        bytesOut,
                        nanosSoFar(),
                        reason));
    }
}
