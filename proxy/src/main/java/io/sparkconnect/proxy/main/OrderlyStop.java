/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the server when the JVM is told to end (SIGTERM, SIGINT, {@code System.exit}), and makes 0 of its exit code, which would be
 * 143 after a signal although everything went as asked. A server that is just about to start is waited for: its ports may be
 * open, and clients served. Thread-safe.
 */
final class OrderlyStop {
    private static final Logger log = LoggerFactory.getLogger(OrderlyStop.class);

    /** From the first open port to the end of the start it takes far less; before that nobody is served. */
    private static final Duration START_ENDS_WITHIN = Duration.ofSeconds(5);

    private static final int OK = 0;
    private static final int BROKEN = 1;

    private record Running(ProxyServer server, Optional<PidFile> pidFile) {}

    private final CompletableFuture<@Nullable Running> start = new CompletableFuture<>();
    private final Thread hook = new Thread(this::stop, "stop");

    private OrderlyStop() {}

    static OrderlyStop onSignal() {
        OrderlyStop stop = new OrderlyStop();
        Runtime.getRuntime().addShutdownHook(stop.hook);
        return stop;
    }

    /** From now on it is this one that is stopped. */
    void started(ProxyServer server, Optional<PidFile> pidFile) {
        start.complete(new Running(server, pidFile));
    }

    /** There is nothing to stop. */
    void notStarted() {
        start.complete(null);
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            log.debug("the JVM is ending already", e);
        }
    }

    private void stop() {
        try {
            Running running = start.get(START_ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
            if (running != null) {
                Runtime.getRuntime().halt(stop(running));
            }
        } catch (TimeoutException e) {
            log.warn("told to end while it was still starting: it serves nobody yet, and ends at once");
        } catch (ExecutionException e) {
            throw new IllegalStateException("a start never ends with an error here", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int stop(Running running) {
        try {
            log.info("stopping");
            running.server.close();
            if (running.pidFile.isPresent()) {
                running.pidFile.get().removeIfOwn();
            }
            log.info("stopped");
            return OK;
        } catch (IOException | RuntimeException e) {
            log.error("could not stop in order", e);
            return BROKEN;
        }
    }
}
