/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.time.Duration;

/** A point in time by which something must have happened. */
final class Deadline {
    private final Duration within;
    private final long startNanos = System.nanoTime();

    private Deadline(Duration within) {
        this.within = within;
    }

    static Deadline in(Duration within) {
        return new Deadline(within);
    }

    boolean isOver() {
        return System.nanoTime() - startNanos >= within.toNanos();
    }

    /** @throws IOException with the text when it is over */
    void check(String whatDidNotHappen) throws IOException {
        if (isOver()) {
            throw new IOException(whatDidNotHappen + " within " + within.toSeconds() + "s");
        }
    }
}
