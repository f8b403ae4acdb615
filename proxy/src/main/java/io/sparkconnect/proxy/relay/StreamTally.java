/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RequestHead;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What will be told about a stream when it has ended. Confined to the loop. */
final class StreamTally {
    private final String remote;
    private final String method;
    private final LongSupplier nanoTime;
    private final long startNanos;
    private long bytesIn;
    private long bytesOut;
    private int status = StreamReport.NO_STATUS;
    private String reason = "cancelled";
    private boolean outcomeTold;

    StreamTally(String remote, String method, LongSupplier nanoTime) {
        this.remote = remote;
        this.method = method;
        this.nanoTime = nanoTime;
        this.startNanos = nanoTime.getAsLong();
    }

    String method() {
        return method;
    }

    long nanosSoFar() {
        return nanoTime.getAsLong() - startNanos;
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

    /** The first answer counts. */
    void answered(int grpcStatus, String why) {
        if (!hasStatus()) {
            status = grpcStatus;
            reason = why;
        }
    }

    boolean hasStatus() {
        return status != StreamReport.NO_STATUS;
    }

    /** True once. */
    boolean outcomeIsNew() {
        boolean isNew = !outcomeTold;
        outcomeTold = true;
        return isNew;
    }

    StreamReport report(@Nullable RequestHead head, @Nullable Backend backend) {
        return new StreamReport(
                remote,
                method,
                head == null ? null : head.session(),
                backend,
                status,
                bytesIn,
                bytesOut,
                nanosSoFar(),
                reason);
    }
}
