/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs things later and again on daemon threads. A task that throws is logged and does not end its repetition; one that
 * hangs inside Spark holds one thread, so that neither the beat nor a halt waits for it.
 */
final class Clockwork implements Delays {
    private static final Logger LOG = LoggerFactory.getLogger(Clockwork.class);
    private static final int THREADS = 4;

    private final ScheduledThreadPoolExecutor threads =
            new ScheduledThreadPoolExecutor(THREADS, DaemonThreads.named("clock"));

    @Override
    public void after(Duration delay, Runnable task) {
        Future<?> unused = threads.schedule(guarded(task), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void pause(Duration time) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(time.toMillis());
    }

    /** At once, and then with {@code pause} after each run. */
    void every(Duration pause, Runnable task) {
        Future<?> unused = threads.scheduleWithFixedDelay(guarded(task), 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | LinkageError e) {
                LOG.error("An agent's task failed; the agent goes on.", e);
            }
        };
    }
}
