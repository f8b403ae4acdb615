/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Resident and proportional memory of a process in KiB ({@code /proc/PID/smaps_rollup}). */
public record Memory(long rssKib, long pssKib) {
    public static Memory of(long pid) throws IOException {
        return parse(Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup")));
    }

    static Memory parse(List<String> lines) {
        return new Memory(field(lines, "Rss:"), field(lines, "Pss:"));
    }

    private static long field(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.split("\\s+", -1)[1])
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no " + name + " in " + lines));
    }
}
