/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CPU time that the whole machine has spent working, at one moment ({@code /proc/stat}, hundredths of a second). */
public record MachineReading(long busyNanos, long stolenNanos) {
    private static final long NANOS_PER_TICK = 10_000_000;
    private static final List<Integer> WORKING = List.of(1, 2, 3, 6, 7);
    private static final int STOLEN = 8;

    public static MachineReading now() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/stat"))) {
            return parse(lines.findFirst().orElseThrow());
        }
    }

    static MachineReading parse(String line) {
        String[] fields = line.trim().split("\\s+", -1);
        long busy = WORKING.stream().mapToLong(i -> Long.parseLong(fields[i])).sum();
        return new MachineReading(busy * NANOS_PER_TICK, Long.parseLong(fields[STOLEN]) * NANOS_PER_TICK);
    }
}
