/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A client's call that reads only when it is told to. */
public final class SlowReader extends ClientCall.Listener<byte[]> {
    private final ClientCall<byte[], byte[]> call;
    private final Predicate<byte[]> expected;
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicInteger wrong = new AtomicInteger();
    private final AtomicReference<@Nullable Status> end = new AtomicReference<>();

    public SlowReader(
            Channel channel, MethodDescriptor<byte[], byte[]> method, byte[] request, Predicate<byte[]> expected) {
        this.expected = expected;
        this.call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(this, new Metadata());
        call.sendMessage(request);
        call.halfClose();
    }

    @Override
    public void onMessage(byte[] message) {
        messages.incrementAndGet();
        if (!expected.test(message)) {
            wrong.incrementAndGet();
        }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        end.set(status);
    }

    public int wrongMessages() {
        return wrong.get();
    }

    public void readAll() {
        call.request(Integer.MAX_VALUE);
    }

    public void cancel() {
        call.cancel("enough", null);
    }

    public Status awaitEnd() {
        await().atMost(Duration.ofSeconds(30)).until(() -> end.get() != null);
        return java.util.Objects.requireNonNull(end.get());
    }

    public int messages() {
        return messages.get();
    }
}
