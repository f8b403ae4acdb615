/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProcFilesTest {
    @Test
    void sumsTheThreadsAndCountsNewOnesFromTheirBirth() {
        CpuReading before = new CpuReading(Map.of("1", 100L, "2", 50L), 30, 0);
        CpuReading after = new CpuReading(Map.of("1", 170L, "2", 50L, "3", 9L), 45, 10_000_000);

        assertThat(before.until(after)).isEqualTo(79);
        assertThat(before.compilingUntil(after)).isEqualTo(15);
    }

    @Test
    void takesTheCoarseFigureWhenAThreadTookItsOwnAway() {
        CpuReading before = new CpuReading(Map.of("1", 100L, "2", 50L), 0, 20_000_000);
        CpuReading after = new CpuReading(Map.of("1", 170L), 0, 90_000_000);

        assertThat(before.until(after)).isEqualTo(70_000_000);
    }

    @Test
    void readsProcessTimesBehindANameWithBlanksAndBrackets() {
        String stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15";

        assertThat(CpuReading.statNanos(stat)).isEqualTo((11 + 12) * 10_000_000L);
    }

    @Test
    void countsWorkButNotIdlenessOfTheMachine() {
        MachineReading reading = MachineReading.parse("cpu  10 1 5 1000 70 2 3 4 0 0");

        assertThat(reading.busyNanos()).isEqualTo((10 + 1 + 5 + 2 + 3) * 10_000_000L);
        assertThat(reading.stolenNanos()).isEqualTo(4 * 10_000_000L);
    }

    @Test
    void readsResidentAndProportionalMemory() {
        Memory memory = Memory.parse(List.of(
                "55d0-7ffe ---p 00000000 00:00 0    [rollup]",
                "Rss:     8220 kB",
                "Pss:     4096 kB",
                "Pss_Dirty: 1 kB"));

        assertThat(memory).isEqualTo(new Memory(8220, 4096));
    }

    @Test
    void readsListsOfCpus() {
        assertThat(MachineDescription.parseCpuList("0-2,5")).containsExactly(0, 1, 2, 5);
        assertThat(MachineDescription.parseCpuList("3")).containsExactly(3);
    }
}
