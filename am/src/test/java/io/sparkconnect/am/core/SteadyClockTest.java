/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
    private static final long HOUR_MS = Duration.ofHours(1).toMillis();

    private long wallMs = 5_000_000_000L;
    private long nanos = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();
    private final SteadyClock clock = new SteadyClock(() -> wallMs, () -> nanos);

    @Test
    void beginsAsTheMachinesClockAndRunsOnWhenThatIsSet() {
        assertThat(clock.getAsLong()).isEqualTo(5_000_000_000L);

        wallMs -= HOUR_MS;
        nanos += Duration.ofSeconds(3).toNanos();
        assertThat(clock.getAsLong()).isEqualTo(5_000_003_000L);

        wallMs += 3 * HOUR_MS;
        nanos += Duration.ofSeconds(4).toNanos();
        assertThat(clock.getAsLong()).as("nanoTime overflows here").isEqualTo(5_000_007_000L);
    }

    @Test
    void countsTheTimeInWhichTheProcessStoodStillAsOneStep() {
        nanos += Duration.ofHours(1).toNanos();

        assertThat(clock.getAsLong()).isEqualTo(5_000_000_000L + SteadyClock.LONGEST_STEP.toMillis());
    }

    @Test
    void losesNothingOfManySmallSteps() {
        for (int i = 0; i < 3_000; i++) {
            nanos += 999_999;
            long unused = clock.getAsLong();
        }

        assertThat(clock.getAsLong()).isEqualTo(5_000_002_999L);
    }
}
