/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.sparkconnect.proxy.testkit.Grpc;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A well-behaved client beside an attacker, on the same event loop: makes one small call after the other, and looks at the
 * memory that the proxy uses meanwhile.
 */
final class Neighbour implements AutoCloseable {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final int CALLS_THAT_PROVE_IT = 20;

    private final ManagedChannel channel;
    private final String session;
    private final Thread thread;
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong mostDirectBytes = new AtomicLong();
    private final AtomicReference<@Nullable StatusRuntimeException> failure = new AtomicReference<>();
    private volatile boolean closed;

    Neighbour(ManagedChannel channel, String session) {
        this.channel = channel;
        this.session = session;
        this.thread = new Thread(this::run, "neighbour");
        thread.setDaemon(true);
        thread.start();
        awaitServed();
        mostDirectBytes.set(0);
    }

    private void run() {
        CallOptions options = CallOptions.DEFAULT;
        while (!closed && failure.get() == null) {
            try {
                byte[] answer = ClientCalls.blockingUnaryCall(
                        channel,
                        CONFIG,
                        options.withDeadlineAfter(20, TimeUnit.SECONDS),
                        Grpc.request(session, "hello"));
                assertThat(Grpc.payload(answer)).asString().isEqualTo("hello");
                answered.incrementAndGet();
                mostDirectBytes.accumulateAndGet(directBytes(), Math::max);
            } catch (StatusRuntimeException e) {
                failure.compareAndSet(null, e);
            }
        }
    }

    /** Waits until calls that begin now are answered; fails when any call ever failed. */
    void awaitServed() {
        long before = answered.get();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(failure.get()).isNull();
            assertThat(answered.get()).isGreaterThan(before + CALLS_THAT_PROVE_IT);
        });
    }

    /** The most direct memory that was in use at the end of any call so far. */
    long mostDirectBytes() {
        return mostDirectBytes.get();
    }

    /** Of this process' Netty, which is the proxy's: the gRPC library has its own, relocated. */
    static long directBytes() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        thread.join();
        assertThat(failure.get()).isNull();
    }
}
