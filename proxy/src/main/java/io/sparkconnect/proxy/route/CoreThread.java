/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The router's one thread, a daemon. One bad event must not end its work, nor pass unseen. Thread-safe. */
final class CoreThread implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CoreThread.class);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "route-core");
        made.setDaemon(true);
        return made;
    });

    /** Does nothing once it is closed. */
    @Override
    public void execute(Runnable work) {
        try {
            thread.execute(guarded(work));
        } catch (RejectedExecutionException e) {
            LOG.debug("the router is closed", e);
        }
    }

    /** Runs this again and again, with that many milliseconds in between, until it is closed. */
    @SuppressWarnings("FutureReturnValueIgnored") // The tick reports by itself and ends with its thread.
    void tick(Runnable work, long everyMs) {
        thread.scheduleWithFixedDelay(guarded(work), everyMs, everyMs, TimeUnit.MILLISECONDS);
    }

    private static Runnable guarded(Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                LOG.error("routing: a step failed; the streams that wait for it are given up later", e);
            }
        };
    }

    /** What has not begun is not done any more. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
