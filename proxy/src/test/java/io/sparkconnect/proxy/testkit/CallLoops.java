/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that call without a pause, each with a session of its own: some over one connection as long as that lasts, some over
 * a new connection for each call. Servers answer with their names. As by gRPC's defaults nothing is retried but calls that
 * surely reached nobody, such as one that finds its connection going away.
 */
public final class CallLoops implements AutoCloseable {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);

    private final InetSocketAddress address;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong calls = new AtomicLong();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final AtomicLong goAwaysMet = new AtomicLong();
    private final Queue<String> moved = new ConcurrentLinkedQueue<>();
    private volatile boolean stopping;

    private CallLoops(InetSocketAddress address) {
        this.address = address;
    }

    /**
     * @param kept how many keep their connection
     * @param fresh how many connect anew for each call
     */
    public static CallLoops start(InetSocketAddress address, int kept, int fresh) {
        CallLoops loops = new CallLoops(address);
        for (int i = 0; i < kept + fresh; i++) {
            String session = (i < kept ? "kept " : "fresh ") + i;
            boolean keeps = i < kept;
            Thread thread = new Thread(() -> loops.run(session, keeps), session);
            loops.threads.add(thread);
            thread.start();
        }
        return loops;
    }

    /** One call over a connection of its own: the name of the server that answered. */
    public static String call(InetSocketAddress address, String session) {
        ManagedChannel channel = open(address);
        try {
            return call(channel, session);
        } finally {
            channel.shutdownNow();
        }
    }

    private void run(String session, boolean keeps) {
        ManagedChannel channel = open(address);
        String home = null;
        while (!stopping) {
            try {
                String server = call(channel, session);
                if (home != null && !home.equals(server)) {
                    moved.add(session + " went from " + home + " to " + server);
                }
                home = server;
                calls.incrementAndGet();
            } catch (StatusRuntimeException e) {
                if (isLeavingItsConnection(e)) {
                    goAwaysMet.incrementAndGet();
                } else {
                    errors.add(session + ": " + e);
                }
            }
            if (!keeps) {
                close(channel);
                channel = open(address);
            }
        }
        close(channel);
    }

    /**
     * Whether grpc-java met the GOAWAY between choosing the connection and using it, and told the caller instead of choosing
     * again. It happens with any server that goes away politely (grpc-java issue 2562); Spark's clients try again by themselves.
     * A connection that is refused or reset has another text.
     */
    private static boolean isLeavingItsConnection(StatusRuntimeException e) {
        String text = e.getStatus().getDescription();
        return e.getStatus().getCode() == Status.Code.UNAVAILABLE
                && text != null
                && text.startsWith("GOAWAY shut down transport. HTTP/2 error code: NO_ERROR");
    }

    /** Waits until that many further calls were answered. */
    public void awaitMoreCalls(long count) {
        long goal = calls.get() + count;
        await().atMost(Duration.ofSeconds(60)).until(() -> calls.get() >= goal);
    }

    public long calls() {
        return calls.get();
    }

    public List<String> errors() {
        return List.copyOf(errors);
    }

    /**
     * Calls that met the end of their connection, which a library should have hidden and grpc-java does not always. Each
     * client can do so once for each proxy that went away.
     */
    public long goAwaysMet() {
        return goAwaysMet.get();
    }

    /** Sessions that were answered by two servers. */
    public List<String> movedSessions() {
        return List.copyOf(moved);
    }

    private static ManagedChannel open(InetSocketAddress address) {
        return NettyChannelBuilder.forAddress(address)
                .usePlaintext()
                .disableRetry()
                .build();
    }

    private static void close(ManagedChannel channel) {
        channel.shutdown();
        try {
            channel.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String call(ManagedChannel channel, String session) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
        return new String(ClientCalls.blockingUnaryCall(channel, CONFIG, options, Grpc.request(session, "x")), UTF_8);
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(60));
        }
    }
}
