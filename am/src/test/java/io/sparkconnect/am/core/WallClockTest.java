/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WallClockTest {
    private static final long HOUR_MS = 3_600_000;

    private final WallClock wall = new WallClock(1_000_000);

    @Test
    void leavesHistoryWhereItWasWhenTheClockIsSet() {
        assertThat(wall.look(2_000_000, 2_000_000 + HOUR_MS)).isEqualTo(HOUR_MS);
        assertThat(wall.look(3_000_000, 3_000_000)).isEqualTo(-HOUR_MS);

        assertThat(wall.shownAt(500_000)).as("before the attempt").isEqualTo(500_000);
        assertThat(wall.shownAt(1_999_999)).isEqualTo(1_999_999);
        assertThat(wall.shownAt(2_500_000)).isEqualTo(2_500_000 + HOUR_MS);
        assertThat(wall.shownAt(3_000_000)).isEqualTo(3_000_000);
    }

    @Test
    void keepsTheDistanceFromNowForWhatIsWaitedFor() {
        wall.look(2_000_000, 2_000_000 - HOUR_MS);

        assertThat(wall.asOfNow(1_500_000)).isEqualTo(1_500_000 - HOUR_MS);
        assertThat(wall.asOfNow(0)).as("never").isZero();
        assertThat(wall.shownAt(0)).as("never").isZero();
    }

    @Test
    void doesNotFollowTheSlowCorrectionOfAClock() {
        assertThat(wall.look(2_000_000, 2_001_500)).isZero();

        assertThat(wall.neverJumped()).isTrue();
        assertThat(wall.look(3_000_000, 3_002_000)).as("but its sum").isEqualTo(2_000);
        assertThat(wall.neverJumped()).isFalse();
    }

    @Test
    void remembersManyJumpsButNotAll() {
        for (int jump = 1; jump <= 1_000; jump++) {
            wall.look(1_000_000 + jump, 1_000_000 + jump + (jump % 2) * HOUR_MS);
        }

        assertThat(wall.shownAt(1_000_951)).isEqualTo(1_000_951 + HOUR_MS);
        assertThat(wall.shownAt(1_000_990)).isEqualTo(1_000_990);
    }
}
