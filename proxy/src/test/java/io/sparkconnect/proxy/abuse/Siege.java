/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.main.RunningProxy;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.ServerLog;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;

/** The whole proxy with one event loop, a server behind it, a {@link Neighbour} at it, and somebody who watches. */
final class Siege implements AutoCloseable {
    static final int RESETS = 100;
    static final int CONNECTIONS = 20;
    /** Bytes of header block of an answer to {@code Interrupt}. */
    static final int LARGE_TRAILERS = 6000;

    private static final long BOUNDED_BYTES = 32 << 20;
    private static final Metadata.Key<String> NOISE = Metadata.Key.of("noise", Metadata.ASCII_STRING_MARSHALLER);

    final ServerLog log = new ServerLog();
    final RunningProxy proxy;
    final Neighbour neighbour;
    private final LightConnectServer server;
    private final Map<Limit, Long> hitsBefore = new EnumMap<>(Limit.class);
    private final long directBytesBefore;

    Siege() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    out.onNext(request);
                    out.onCompleted();
                }))
                .on("Interrupt", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    Metadata trailers = new Metadata();
                    trailers.put(NOISE, noise());
                    out.onError(Status.ABORTED.asRuntimeException(trailers));
                }));
        proxy = RunningProxy.inFrontOf(
                Map.of(
                        "resets.max",
                        String.valueOf(RESETS),
                        "preface.timeout",
                        "300ms",
                        "request.head.timeout",
                        "500ms",
                        "connections.max",
                        String.valueOf(CONNECTIONS)),
                server.port());
        neighbour = new Neighbour(proxy.newClient(), "11111111-1111-1111-1111-111111111111");
        directBytesBefore = Neighbour.directBytes();
    }

    private static String noise() {
        byte[] letters = new byte[LARGE_TRAILERS];
        Random random = new Random();
        for (int i = 0; i < letters.length; i++) {
            letters[i] = (byte) ('a' + random.nextInt(26));
        }
        return new String(letters, US_ASCII);
    }

    /** A request of a session, gRPC prefix included. */
    static byte[] request(int number) {
        return request("22222222-2222-2222-2222-222222222222", number);
    }

    static byte[] request(String session, int number) {
        return Grpc.framed(Grpc.request(session, "call " + number));
    }

    /** Before each attack. */
    void begins() {
        log.forget();
        for (Limit limit : Limit.values()) {
            hitsBefore.put(limit, proxy.hits(limit));
        }
    }

    long hits(Limit limit) {
        return proxy.hits(limit) - hitsBefore.getOrDefault(limit, 0L);
    }

    /** The attacker is gone: nothing of it is left, and the neighbour never noticed. */
    void isOver() {
        neighbour.awaitServed();
        await().untilAsserted(
                        () -> assertThat(proxy.metric("client_connections")).isEqualTo(1));
        await().untilAsserted(() -> assertThat(proxy.metric("streams")).isLessThanOrEqualTo(1));
        assertThat(neighbour.mostDirectBytes()).isLessThan(directBytesBefore + BOUNDED_BYTES);
        log.assertNoMistakes();
    }

    @Override
    public void close() throws Exception {
        neighbour.close();
        await().untilAsserted(() -> assertThat(proxy.metric("streams")).isZero());
        proxy.close();
        server.close();
        log.assertNoMistakes();
        log.close();
    }
}
