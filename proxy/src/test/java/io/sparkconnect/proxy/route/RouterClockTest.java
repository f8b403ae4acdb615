/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RouterClockTest {
    private static final long HOUR_MS = Duration.ofHours(1).toMillis();

    private long machineMs = 5_000_000_000L;
    private long nanos = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();
    private final RouterClock clock = new RouterClock(() -> machineMs, () -> nanos);

    private void pass(Duration time) {
        nanos += time.toNanos();
        machineMs += time.toMillis();
    }

    @Test
    void runsEvenlyWhateverTheMachinesClockIsSetTo() {
        long began = clock.now();
        machineMs -= HOUR_MS;
        pass(Duration.ofSeconds(3));
        assertThat(clock.now() - began).isEqualTo(3_000);

        machineMs += 4 * HOUR_MS;
        pass(Duration.ofSeconds(4));
        assertThat(clock.now() - began).as("nanoTime overflows here").isEqualTo(7_000);
    }

    @Test
    void tellsOthersTheTimeThatTheMachinesClockShows() {
        long use = clock.now();
        machineMs += HOUR_MS;
        pass(Duration.ofSeconds(10));

        assertThat(clock.toMachine(use)).isEqualTo(machineMs - 10_000);
        assertThat(clock.fromMachine(machineMs - 10_000)).isEqualTo(use);
    }

    @Test
    void takesWhatIsStillToComeForNow() {
        assertThat(clock.fromMachine(machineMs + HOUR_MS)).isEqualTo(clock.now());
    }
}
