/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Every process that descends from this one, noted while it still does: containers are session leaders of their own, and
 * one whose shell has died is nobody's child any more. Thread-safe.
 */
final class ProcessLedger implements AutoCloseable {
    private static final int LOOK_EVERY_MS = 500;

    private final Set<ProcessHandle> seen = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService observer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "process-ledger");
        thread.setDaemon(true);
        return thread;
    });

    // Nobody waits for the observer: each look stands for itself.
    @SuppressWarnings("FutureReturnValueIgnored")
    void start() {
        observer.scheduleWithFixedDelay(this::look, 0, LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        seen.removeIf(handle -> !handle.isAlive());
        ProcessHandle.current().descendants().forEach(seen::add);
    }

    /** Living processes whose command line is such. */
    List<ProcessHandle> alive(Predicate<List<String>> commandLine) {
        look();
        return seen.stream()
                .filter(ProcessHandle::isAlive)
                .filter(handle -> commandLine.test(commandLine(handle)))
                .toList();
    }

    /** Ends what still lives; yields how many there were. */
    int sweep(Duration grace) throws InterruptedException {
        List<ProcessHandle> left = alive(any -> true);
        left.forEach(ProcessHandle::destroy);
        Deadline deadline = Deadline.in(grace);
        while (left.stream().anyMatch(ProcessHandle::isAlive) && !deadline.isOver()) {
            Thread.sleep(50);
        }
        left.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
        return left.size();
    }

    /** Whole, unlike {@link ProcessHandle.Info}, which cuts it; empty when the process is gone. */
    static List<String> commandLine(ProcessHandle handle) {
        return List.of(read(handle, "cmdline").split("\0"));
    }

    static Optional<String> environment(ProcessHandle handle, String variable) {
        return List.of(read(handle, "environ").split("\0")).stream()
                .filter(entry -> entry.startsWith(variable + "="))
                .map(entry -> entry.substring(variable.length() + 1))
                .findFirst();
    }

    private static String read(ProcessHandle handle, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(handle.pid()), file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        observer.shutdownNow();
    }
}
