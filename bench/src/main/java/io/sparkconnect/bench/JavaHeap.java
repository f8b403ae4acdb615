/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The heap of another JVM, asked with {@code jcmd}: garbage is not memory per connection. */
final class JavaHeap {
    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    private JavaHeap() {}

    /** Collects the garbage of the process and tells its live KiB; empty when it is no JVM or there is no jcmd. */
    static OptionalLong collect(long pid) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd) || !isJava(pid)) {
            return OptionalLong.empty();
        }
        run(jcmd, pid, "GC.run");
        return OptionalLong.of(usedKib(run(jcmd, pid, "GC.heap_info")));
    }

    /** The sum over the heap's generations, without what is not heap. */
    static long usedKib(String heapInfo) {
        return heapInfo.lines()
                .filter(line -> line.contains("generation") || line.contains("heap"))
                .mapToLong(line -> {
                    Matcher used = USED.matcher(line);
                    return used.find() ? Long.parseLong(used.group(1)) : 0;
                })
                .sum();
    }

    private static boolean isJava(long pid) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(pid), "comm"))
                .strip()
                .equals("java");
    }

    private static String run(Path jcmd, long pid, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(jcmd.toString(), Long.toString(pid), command))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("jcmd " + pid + " " + command + ": " + output.strip());
        }
        return output;
    }
}
