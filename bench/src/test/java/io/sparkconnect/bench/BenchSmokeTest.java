/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoopGroup;
import io.sparkconnect.bench.load.HeldConnections;
import io.sparkconnect.bench.load.Ledger;
import io.sparkconnect.bench.load.Load;
import io.sparkconnect.bench.load.LoadGenerator;
import io.sparkconnect.bench.load.Roaming;
import io.sparkconnect.bench.load.Shape;
import io.sparkconnect.bench.load.Target;
import io.sparkconnect.bench.report.Sample;
import io.sparkconnect.bench.server.LightConnectServer;
import io.sparkconnect.bench.wire.Pattern;
import io.sparkconnect.bench.wire.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The clients against the servers, nothing between them: whether the answers are right, never how fast they are. */
class BenchSmokeTest {
    private static final long SELF = ProcessHandle.current().pid();

    private static EventLoopGroup loops;
    private static List<LightConnectServer> servers;
    private static LoadGenerator generator;

    @BeforeAll
    static void start() {
        loops = Transport.eventLoops("test-server", 1);
        Pattern pattern = new Pattern();
        servers = IntStream.rangeClosed(1, 3)
                .mapToObj(i -> LightConnectServer.start("server-" + i, loops, pattern))
                .toList();
        generator = new LoadGenerator(1);
    }

    @AfterAll
    static void stop() {
        generator.close();
        servers.forEach(LightConnectServer::close);
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    static List<Shape> shapes() {
        return List.of(
                new Shape.Unary(4, 8),
                new Shape.UnaryAtRate(3, 500),
                new Shape.Connects(2, 20),
                new Shape.Sessions(2, 100),
                new Shape.Results(2, 2, 3, 1 << 20),
                new Shape.Results(2, 1, 500, 4096),
                new Shape.Uploads(2, 1, 40, 32 << 10));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everyAnswerOfEachShapeIsRight(Shape shape) throws Exception {
        Ledger ledger = new Ledger();
        Load load = generator.start(shape, direct(), ledger);
        await().atMost(30, TimeUnit.SECONDS).until(() -> ledger.calls() >= 5 || ledger.failures() > 0);
        load.stop();
        load.ended().get(30, TimeUnit.SECONDS);

        assertThat(ledger.firstFailure()).isNull();
        assertThat(ledger.strays()).isZero();
        assertThat(ledger.takeLatencies().getTotalCount()).isEqualTo(ledger.calls());
        if (shape instanceof Shape.Results || shape instanceof Shape.Uploads) {
            assertThat(ledger.bytes()).isPositive();
        }
    }

    @Test
    void tellsWhenASessionIsAnsweredByTwoServers() {
        Roaming.Outcome apart = generator.roam(direct(), new Ledger(), 3, 6, 3);
        Roaming.Outcome together = generator.roam(oneServer(), new Ledger(), 3, 6, 3);

        assertThat(apart.brokenSessions()).isEqualTo(6);
        assertThat(together.brokenSessions()).isZero();
        assertThat(together.sessionsPerServer()).containsExactly(java.util.Map.entry("server-1", 6));
    }

    @Test
    void holdsConnectionsWithAndWithoutASilentStream() {
        Ledger ledger = new Ledger();
        try (HeldConnections idle = generator.hold(direct(), ledger, 20, false);
                HeldConnections streaming = generator.hold(direct(), ledger, 20, true)) {
            assertThat(idle.countAlive()).isEqualTo(20);
            assertThat(streaming.countAlive()).isEqualTo(20);
        }
        assertThat(ledger.firstFailure()).isNull();
    }

    @Test
    void saysSoWhenNobodyListens() throws Exception {
        Target nobody = new Target(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1)), false);

        Sample sample = new Measurement(generator, SELF)
                .take("nobody", 1, new Shape.Unary(2, 1), nobody, OptionalLong.empty(), Duration.ofMillis(100));

        assertThat(sample.failures()).isEqualTo(2);
        assertThat(sample.firstFailure()).startsWith("cannot connect");
    }

    private static Target direct() {
        return new Target(
                servers.stream()
                        .map(server -> new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
                        .toList(),
                false);
    }

    private static Target oneServer() {
        return new Target(direct().addresses().subList(0, 1), false);
    }
}
