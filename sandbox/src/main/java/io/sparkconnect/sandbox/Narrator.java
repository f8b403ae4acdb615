/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.PrintStream;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells what the sandbox does, with the time since its start, and gives a sign of life while a step takes long. */
public final class Narrator implements AutoCloseable {
    private static final int SIGN_OF_LIFE_SECONDS = 5;

    private final PrintStream out;
    private final long startNanos = System.nanoTime();
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "narrator");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable ScheduledFuture<?> signOfLife;

    public Narrator(PrintStream out) {
        this.out = out;
    }

    /** A step that may take a while; it lasts until the next one, or until {@link #done}. */
    public synchronized void step(String what) {
        done();
        say(what);
        signOfLife = ticker.scheduleAtFixedRate(
                () -> say("… still " + what), SIGN_OF_LIFE_SECONDS, SIGN_OF_LIFE_SECONDS, TimeUnit.SECONDS);
    }

    /** The current step is over, or speaks for itself. */
    public synchronized void done() {
        if (signOfLife != null) {
            signOfLife.cancel(false);
            signOfLife = null;
        }
    }

    public synchronized void say(String text) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNanos);
        out.printf("[%3ds] %s%n", seconds, text);
        out.flush();
    }

    @Override
    public void close() {
        ticker.shutdownNow();
    }
}
