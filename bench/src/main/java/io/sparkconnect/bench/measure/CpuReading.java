/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.measure;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The CPU time of one process at one moment. The scheduler's own nanoseconds of each thread are summed
 * ({@code /proc/PID/task/TID/schedstat}): the usual user and system times tick in hundredths of a second. But a thread that
 * ended takes its schedstat with it; when that happened between two readings, their difference is taken from
 * {@code /proc/PID/stat}, which is coarse and complete.
 */
public final class CpuReading {
    private static final long NANOS_PER_TICK = 10_000_000;
    private static final int UTIME = 11;
    private static final Pattern COMPILER = Pattern.compile("C[12] Compiler");

    private final Map<String, Long> threadNanos;
    private final long compilerNanos;
    private final long statNanos;

    CpuReading(Map<String, Long> threadNanos, long compilerNanos, long statNanos) {
        this.threadNanos = Map.copyOf(threadNanos);
        this.compilerNanos = compilerNanos;
        this.statNanos = statNanos;
    }

    /** Reads the process; throws when it is gone. */
    public static CpuReading of(long pid) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        Map<String, Long> threads = new HashMap<>();
        long compilers = 0;
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                try {
                    String[] fields =
                            Files.readString(task.resolve("schedstat")).trim().split(" ", -1);
                    long nanos = Long.parseLong(fields[0]);
                    threads.put(String.valueOf(task.getFileName()), nanos);
                    compilers += COMPILER.matcher(Files.readString(task.resolve("comm")))
                                    .lookingAt()
                            ? nanos
                            : 0;
                } catch (NoSuchFileException e) {
                    // It ended between listing and reading; the next reading sees that it is missing.
                    threads.remove(String.valueOf(task.getFileName()));
                }
            }
        }
        return new CpuReading(threads, compilers, statNanos(Files.readString(process.resolve("stat"))));
    }

    /** CPU nanoseconds used from this reading to the later one. */
    public long until(CpuReading later) {
        if (!later.threadNanos.keySet().containsAll(threadNanos.keySet())) {
            return later.statNanos - statNanos;
        }
        long sum = 0;
        for (Map.Entry<String, Long> thread : later.threadNanos.entrySet()) {
            sum += thread.getValue() - threadNanos.getOrDefault(thread.getKey(), 0L);
        }
        return sum;
    }

    /** The part of it that went into compiling Java code: what a JVM still has to pay for being young. */
    public long compilingUntil(CpuReading later) {
        return Math.max(0, later.compilerNanos - compilerNanos);
    }

    /** The process's name may hold spaces and brackets: the fields are counted from the last bracket. */
    static long statNanos(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).trim().split(" ", -1);
        return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1])) * NANOS_PER_TICK;
    }
}
