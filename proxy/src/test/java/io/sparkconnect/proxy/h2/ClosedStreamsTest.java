/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.proxy.h2.ClosedStreams.Ending;
import org.junit.jupiter.api.Test;

class ClosedStreamsTest {
    private static final int RESETS = 40;

    private final ClosedStreams closed = new ClosedStreams(RESETS);

    @Test
    void knowsHowAStreamEnded() {
        closed.finished(1);
        closed.resetByUs(3);

        assertThat(closed.of(1)).isEqualTo(Ending.FINISHED);
        assertThat(closed.of(3)).isEqualTo(Ending.RESET_BY_US);
        assertThat(closed.of(5)).isEqualTo(Ending.UNKNOWN);
    }

    @Test
    void remembersAsManyResetsAsItShallWhateverElseEnds() {
        for (int i = 0; i < RESETS; i++) {
            closed.resetByUs(2 * i + 1);
        }
        for (int i = 0; i < 1000; i++) {
            closed.finished(2 * (RESETS + i) + 1);
        }

        for (int i = 0; i < RESETS; i++) {
            assertThat(closed.of(2 * i + 1)).as("stream %d", 2 * i + 1).isEqualTo(Ending.RESET_BY_US);
        }
    }

    @Test
    void forgetsTheOldest() {
        for (int i = 0; i <= RESETS; i++) {
            closed.resetByUs(2 * i + 1);
        }
        closed.finished(1001);
        for (int i = 0; i < 1000; i++) {
            closed.finished(2001 + 2 * i);
        }

        assertThat(closed.of(1)).isEqualTo(Ending.UNKNOWN);
        assertThat(closed.of(3)).isEqualTo(Ending.RESET_BY_US);
        assertThat(closed.of(1001)).isEqualTo(Ending.UNKNOWN);
        assertThat(closed.of(2001 + 2 * 999)).isEqualTo(Ending.FINISHED);
    }

    @Test
    void aStreamThatBothSidesHaveResetIsFinished() {
        closed.resetByUs(1);

        assertThat(closed.peerGivesUp(1)).isTrue();
        assertThat(closed.of(1)).isEqualTo(Ending.FINISHED);
        assertThat(closed.peerGivesUp(1)).as("once more").isFalse();
        assertThat(closed.peerGivesUp(3)).as("one that nobody knows").isFalse();
    }
}
