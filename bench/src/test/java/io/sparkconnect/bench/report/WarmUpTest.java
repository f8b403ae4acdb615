/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static final int CALLS = 1000;

    @Test
    void isWarmFromTheFirstWindowsThatCostAsMuchAsTheLast() {
        WarmUp warmUp = WarmUp.of("proxy", windows(40, 30, 20, 9, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4));

        assertThat(warmUp.settledMicros()).isEqualTo(4);
        assertThat(warmUp.firstMicros()).isEqualTo((40 + 30 + 20 + 9) / 4.0);
        assertThat(warmUp.seconds()).isCloseTo(5 * 0.25, within(1e-9));
        assertThat(warmUp.calls()).isEqualTo(5 * CALLS);
        assertThat(warmUp.cpuSeconds()).isCloseTo(0.104, within(1e-9));
    }

    @Test
    void doesNotTakeOneLuckyWindowForWarmth() {
        WarmUp warmUp = WarmUp.of("proxy", windows(4, 40, 40, 40, 40, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4));

        assertThat(warmUp.calls()).isEqualTo(5 * CALLS);
    }

    @Test
    void aPeerThatIsWarmAtOnceTakesNoTime() {
        assertThat(WarmUp.of("haproxy", windows(3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3))
                        .seconds())
                .isZero();
    }

    @Test
    void refusesTooFewWindowsToTellWhatIsSettled() {
        assertThatThrownBy(() -> WarmUp.of("proxy", windows(3, 3, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("windows: 3");
    }

    private static List<WarmUp.Window> windows(int... microsPerCall) {
        List<WarmUp.Window> windows = new ArrayList<>();
        for (int micros : microsPerCall) {
            windows.add(new WarmUp.Window(0.25, CALLS, micros * 1000L * CALLS));
        }
        return windows;
    }
}
