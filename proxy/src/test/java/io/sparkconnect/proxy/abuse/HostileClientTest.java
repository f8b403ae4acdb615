/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ClientPreface;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.main.RunningProxy;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RawPeer.Got;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What a client can do to the proxy by being slow, deaf or many; and by games with header compression. */
@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileClientTest {
    private static final AbuseLimits LIMITS = AbuseLimits.forClients();

    private Siege siege;
    private RunningProxy proxy;

    @BeforeAll
    void start() throws Exception {
        siege = new Siege();
        proxy = siege.proxy;
    }

    @BeforeEach
    void begin() {
        siege.begins();
    }

    @AfterEach
    void isOver() {
        siege.isOver();
    }

    @AfterAll
    void stop() throws Exception {
        siege.close();
    }

    @Test
    void endsAClientThatDoesNotReadItsHeaders() throws Exception {
        try (RawPeer attacker = RawPeer.deafClient(proxy.port(), "")) {
            // A few at a time, so that no other limit is hit.
            rounds(100, round -> {
                for (int i = 0; i < 50; i++) {
                    int id = 2 * (50 * round + i) + 1;
                    attacker.call(id, "Interrupt");
                    attacker.data(id, Siege.request(id), true);
                }
                await().pollInterval(Duration.ofMillis(5)).until(() -> proxy.metric("streams") <= 50);
            });
            await().untilAsserted(() ->
                    assertThat(siege.hits(Limit.CONTROL_BYTES_QUEUED)).isEqualTo(1));
        }
    }

    @Test
    void refusesStreamsBeyondTheLimitAndKeepsTheOthers() throws Exception {
        try (RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            int most = LIMITS.maxConcurrentStreams();
            for (int i = 0; i <= most; i++) {
                attacker.call(2 * i + 1, "ExecutePlan");
            }
            Got refused = attacker.next(Frame.RST_STREAM);
            assertThat(refused.streamId()).isEqualTo(2 * most + 1);
            assertThat(refused.hex()).isEqualTo("00000007");
            assertThat(siege.hits(Limit.CONCURRENT_STREAMS)).isEqualTo(1);
            siege.neighbour.awaitServed();
        }
    }

    @Test
    void closesAConnectionWhosePrefaceComesByteByByte() throws Exception {
        long before = proxy.metric("refused_total{why=\"no-preface\"}");
        try (RawPeer attacker = RawPeer.silent(proxy.port())) {
            String preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r";
            rounds(preface.length(), round -> {
                attacker.send(out -> out.writeByte(preface.charAt(round)));
                pause(50);
            });
            attacker.awaitEnd();
        }
        assertThat(proxy.metric("refused_total{why=\"no-preface\"}")).isGreaterThan(before);
    }

    @Test
    void endsAConnectionThatNeverSendsSettings() throws Exception {
        try (RawPeer attacker = RawPeer.silent(proxy.port())) {
            attacker.send(ClientPreface::write);
            assertThat(attacker.awaitGoAway()).isEqualTo(ErrorCode.SETTINGS_TIMEOUT);
        }
        assertThat(siege.hits(Limit.PREFACE_TIME)).isEqualTo(1);
    }

    @Test
    void endsAConnectionThatStopsInAFrame() throws Exception {
        try (RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            attacker.send(out -> {
                Frame.writeHeader(out, 10_000, Frame.DATA, 0, 1);
                out.writeZero(5000);
            });
            assertThat(attacker.awaitGoAway()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);
        }
        assertThat(siege.hits(Limit.FRAME_TIME)).isEqualTo(1);
    }

    @Test
    void endsAConnectionWhoseHeadersTrickleInContinuations() throws Exception {
        try (RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            // One more would hit the other limit.
            rounds(LIMITS.maxContinuations() + 1, round -> {
                attacker.send(out -> Flood.continuation(out, round, 1));
                pause(100);
            });
            assertThat(attacker.awaitGoAway()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);
        }
        assertThat(siege.hits(Limit.FRAME_TIME)).isEqualTo(1);
    }

    @Test
    void answersARequestWhoseMessageNeverComes() throws Exception {
        try (RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            attacker.call(1, "ExecutePlan");
            attacker.data(1, new byte[] {0, 0, 0}, false);
            assertThat(attacker.nextHeaders().get("grpc-status")).hasToString("4");
        }
        assertThat(siege.hits(Limit.HEAD_TIME)).isEqualTo(1);
    }

    @Test
    void unfoldsNoHeaderBombAndSaysSo() throws Exception {
        try (RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            attacker.send(out -> Flood.bomb(out, 0));
            assertThat(attacker.nextHeaders().get("grpc-status")).hasToString("8");
            attacker.roundTrip();
        }
        assertThat(siege.hits(Limit.HEADER_LIST_BYTES)).isEqualTo(1);
    }

    @Test
    void endsAConnectionThatGrowsTheHeaderTableBeyondWhatWeAllow() throws Exception {
        try (RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            // Dynamic table size 2^28 (RFC 7541 section 6.3).
            attacker.send(out -> RawPeer.hexFrame(out, Frame.HEADERS, 0x5, 1, "3fe1ffff7f" + "8286"));
            assertThat(attacker.awaitGoAway()).isEqualTo(ErrorCode.COMPRESSION_ERROR);
        }
    }

    @Test
    void keepsTheHeaderTableSmallWhateverTheClientAllows() throws Exception {
        // HEADER_TABLE_SIZE 2^32-1, then 0, then 2^32-1 again between calls.
        try (RawPeer client = RawPeer.client(proxy.port(), "0001ffffffff")) {
            for (int i = 0; i < 40; i++) {
                String size = i % 2 == 0 ? "00000000" : "ffffffff";
                client.send(out -> RawPeer.hexFrame(out, Frame.SETTINGS, 0, 0, "0001" + size));
                client.call(2 * i + 1, "Config");
                client.data(2 * i + 1, Siege.request(i), true);
                assertThat(client.nextHeaders().status()).hasToString("200");
                assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
            }
        }
    }

    private interface Round {
        void send(int round);
    }

    /** Goes on until the connection is closed. */
    private static void rounds(int most, Round sending) {
        for (int round = 0; round < most; round++) {
            try {
                sending.send(round);
            } catch (UncheckedIOException closed) {
                return;
            }
        }
    }

    /** The attack is slow; the test waits for nothing by it. */
    private static void pause(long millis) {
        LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
    }
}
