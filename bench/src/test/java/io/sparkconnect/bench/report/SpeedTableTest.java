/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkconnect.bench.report.SpeedTable.Unit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SpeedTableTest {
    @Test
    void takesRatiosWithinARoundBeforeTheMedian() {
        SpeedTable table = new SpeedTable(
                Unit.CALLS,
                false,
                "haproxy-tcp",
                List.of(
                        calls("haproxy-tcp", 1, 1000, 10_000_000),
                        calls("proxy", 1, 1000, 20_000_000),
                        calls("haproxy-tcp", 2, 1000, 100_000_000),
                        calls("proxy", 2, 1000, 110_000_000),
                        calls("haproxy-tcp", 3, 1000, 10_000_000),
                        calls("proxy", 3, 1000, 15_000_000)));

        Spread ratio = table.costRatio("proxy").orElseThrow();

        assertThat(ratio.median()).isCloseTo(1.5, within(1e-9));
        assertThat(ratio.min()).isCloseTo(1.1, within(1e-9));
        assertThat(ratio.max()).isCloseTo(2.0, within(1e-9));
    }

    @Test
    void showsCostPerCallAndPerGigabyte() {
        String calls = new SpeedTable(
                        Unit.CALLS, false, "haproxy-tcp", List.of(calls("haproxy-tcp", 1, 1000, 4_500_000)))
                .markdown();
        Sample streamed = new Sample(
                "haproxy-tcp",
                1,
                4,
                2_000_000_000L,
                1_000_000_000L,
                0,
                0,
                0,
                800_000_000,
                0,
                1_000_000_000,
                0,
                0,
                0,
                null);
        String bytes = new SpeedTable(Unit.BYTES, false, "haproxy-tcp", List.of(streamed)).markdown();

        assertThat(calls).contains("| haproxy-tcp | 1000 | 50 | 99 | 4.5 (4.5–4.5), JIT 25% | 1.00 (1.00–1.00) |");
        assertThat(bytes).contains("| haproxy-tcp | 2000 | 0.400 (0.400–0.400) | 1.00 (1.00–1.00) |");
    }

    @Test
    void namesWhatWentWrong() {
        Sample broken = sample("proxy", 1, 10, 1, 2, 5, "RST_STREAM, error code 8");

        String table = new SpeedTable(Unit.CALLS, false, "haproxy-tcp", List.of(broken)).markdown();

        assertThat(table).contains("0/1, **5 answers from a wrong server**, **RST_STREAM, error code 8**");
    }

    @Test
    void survivesAPeerThatAnsweredNothing() {
        Sample nothing = sample("proxy", 1, 0, 0, 1, 0, "cannot connect: refused");

        String table = new SpeedTable(
                        Unit.CALLS, true, "haproxy-tcp", List.of(nothing, calls("haproxy-tcp", 1, 10, 10)))
                .markdown();

        assertThat(table).contains("| proxy | – |").contains("cannot connect: refused");
    }

    @Test
    void takesTheMeanOfTheMiddleTwo() {
        assertThat(Spread.of(List.of(4.0, 1.0, 3.0, 2.0))).isEqualTo(new Spread(2.5, 1, 4));
    }

    private static Sample calls(String peer, int round, long calls, long peerCpu) {
        return sample(peer, round, calls, peerCpu, 0, 0, null);
    }

    private static Sample sample(
            String peer, int round, long calls, long peerCpu, long failures, long strays, @Nullable String failure) {
        return new Sample(
                peer,
                round,
                calls,
                0,
                1_000_000_000L,
                50,
                99,
                1,
                peerCpu,
                peerCpu / 4,
                1000,
                0.5,
                failures,
                strays,
                failure);
    }
}
