/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

/** Threads that never keep the process alive. */
final class Daemon {
    private Daemon() {}

    /** Work that may be interrupted, and whose other failures end the process. */
    interface Work {
        void run() throws Exception;
    }

    /** Starts a thread; whatever the work throws goes to the handler for uncaught exceptions. */
    static Thread start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (RuntimeException e) {
                        throw e;
                    } catch (Exception e) {
                        throw new IllegalStateException(name + " failed", e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
