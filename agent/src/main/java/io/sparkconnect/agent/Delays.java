/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;

/** Time, as far as somebody waits for it to pass. */
interface Delays {
    /** Runs something later, on a daemon thread. */
    void after(Duration delay, Runnable task);

    /** Holds the calling thread. */
    void pause(Duration time) throws InterruptedException;
}
