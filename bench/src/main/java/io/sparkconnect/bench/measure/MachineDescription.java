/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The machine in one line, for those who read the figures elsewhere. */
public final class MachineDescription {
    private MachineDescription() {}

    public static String text() throws IOException {
        String model = value(Path.of("/proc/cpuinfo"), "model name");
        String memory = value(Path.of("/proc/meminfo"), "MemTotal");
        long gib = Math.round(Long.parseLong(memory.replaceAll("\\D", "")) / 1048576.0);
        return "%d CPUs (%s), %d GiB, Linux %s, %s, Java %s (%s)"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        model,
                        gib,
                        System.getProperty("os.version"),
                        distribution(),
                        System.getProperty("java.version"),
                        System.getProperty("java.vm.name"));
    }

    /** The CPUs that this process may use, lowest first. */
    public static List<Integer> cpus() throws IOException {
        return parseCpuList(value(Path.of("/proc/self/status"), "Cpus_allowed_list"));
    }

    static List<Integer> parseCpuList(String text) {
        return java.util.Arrays.stream(text.trim().split(",", -1))
                .flatMap(range -> {
                    String[] ends = range.split("-", -1);
                    int first = Integer.parseInt(ends[0]);
                    int last = Integer.parseInt(ends[ends.length - 1]);
                    return java.util.stream.IntStream.rangeClosed(first, last).boxed();
                })
                .toList();
    }

    private static String distribution() throws IOException {
        Path release = Path.of("/etc/os-release");
        if (!Files.exists(release)) {
            return "unknown distribution";
        }
        return Files.readAllLines(release).stream()
                .filter(line -> line.startsWith("PRETTY_NAME="))
                .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
                .findFirst()
                .orElse("unknown distribution");
    }

    private static String value(Path file, String name) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElse("unknown");
    }
}
