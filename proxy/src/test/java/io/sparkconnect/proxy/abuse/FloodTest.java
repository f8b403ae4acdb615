/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.testkit.RawPeer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each flood hits the limit that is made for it after a bounded number of frames, which bounds the work, ends the attacker's
 * connection with the right code, and leaves the neighbour on the same event loop served and the memory bounded.
 */
@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FloodTest {
    private Siege siege;

    @BeforeAll
    void start() throws Exception {
        siege = new Siege();
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

    static Stream<Flood> floods() {
        return Flood.all();
    }

    @ParameterizedTest
    @MethodSource("floods")
    void isStopped(Flood flood) throws Exception {
        try (RawPeer attacker = RawPeer.client(siege.proxy.port(), "")) {
            flood.sendTo(attacker);

            assertThat(attacker.awaitGoAway()).isEqualTo(flood.code());
            attacker.awaitEnd();
        }
        assertThat(siege.hits(flood.limit())).isPositive();
        // The client's SETTINGS, the first frames of a stream, and the frame that is too much are among them.
        assertThat(siege.log.framesOfEndedConnections())
                .singleElement()
                .satisfies(frames -> assertThat(frames).isLessThanOrEqualTo(flood.frames() + 5L));
    }

    /** Nothing piles up for somebody who does not read. */
    @ParameterizedTest
    @MethodSource("floods")
    void isStoppedAlthoughNobodyReadsTheAnswers(Flood flood) throws Exception {
        try (RawPeer attacker = RawPeer.deafClient(siege.proxy.port(), "")) {
            flood.sendTo(attacker);

            await().untilAsserted(() -> assertThat(siege.hits(flood.limit())).isPositive());
        }
    }
}
