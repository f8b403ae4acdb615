/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one time limit of a connection from accept to the end of its HTTP/2 preface, a PROXY header included: whoever waits for
 * the next bytes says what becomes of the connection when they do not come. Confined to the connection's loop.
 */
final class GreetingClock {
    private final Duration limit;
    private @Nullable Future<?> running;
    private Runnable onTimeout = () -> {};

    GreetingClock(Duration limit) {
        this.limit = limit;
    }

    Duration limit() {
        return limit;
    }

    /** What is to be done from now on when the time is over. */
    void whenTooLate(Runnable action) {
        onTimeout = action;
    }

    /** Starts the clock unless it runs. */
    void start(EventLoop loop) {
        if (running == null) {
            running = loop.schedule(() -> onTimeout.run(), limit.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    void stop() {
        if (running != null) {
            running.cancel(false);
        }
    }
}
