/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;

/** Runs something later, on a daemon thread. */
@FunctionalInterface
interface Delays {
    void after(Duration delay, Runnable task);
}
