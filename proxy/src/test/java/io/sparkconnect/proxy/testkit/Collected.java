/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What a client got. */
public final class Collected<T> implements StreamObserver<T> {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<T> values = new CopyOnWriteArrayList<>();
    private volatile @Nullable Status end;

    @Override
    public void onNext(T value) {
        values.add(value);
    }

    @Override
    public void onError(Throwable cause) {
        end = Status.fromThrowable(cause);
    }

    @Override
    public void onCompleted() {
        end = Status.OK;
    }

    public List<T> values() {
        return values;
    }

    public void awaitCount(int count) {
        awaiting(() -> values.size() >= count);
    }

    public List<T> awaitCompleted() {
        Status status = awaitEnd();
        if (!status.isOk()) {
            throw new AssertionError("ended with " + status);
        }
        return values;
    }

    public Status awaitEnd() {
        awaiting(() -> end != null);
        Status status = end;
        if (status == null) {
            throw new AssertionError("no end");
        }
        return status;
    }

    public boolean hasEnded() {
        return end != null;
    }

    /** Looks at once: a test may wait for thousands of answers, one after the other. */
    private static void awaiting(Callable<Boolean> condition) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(PATIENCE)
                .until(condition);
    }
}
