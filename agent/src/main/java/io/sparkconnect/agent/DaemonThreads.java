/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that never keep a driver alive and that are found in a thread dump. */
final class DaemonThreads {
    private DaemonThreads() {}

    static ThreadFactory named(String purpose) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, "sparkconnect-agent-" + purpose + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
