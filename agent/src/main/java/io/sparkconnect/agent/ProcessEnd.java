/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

/** The ways in which a process ends. */
interface ProcessEnd {
    /** Runs the shutdown hooks, then ends. */
    void exit(int status);

    /** Ends at once. */
    void halt(int status);

    /** Whether shutdown hooks are running: after SIGTERM, or somebody's exit. */
    boolean isEnding();

    static ProcessEnd ofThisJvm() {
        return new ProcessEnd() {
            @Override
            public void exit(int status) {
                Runtime.getRuntime().exit(status);
            }

            @Override
            public void halt(int status) {
                Runtime.getRuntime().halt(status);
            }

            /** The JVM has no such question, but refuses new hooks from the moment the old ones are started. */
            @Override
            public boolean isEnding() {
                Thread probe = new Thread(() -> {});
                try {
                    Runtime.getRuntime().addShutdownHook(probe);
                    Runtime.getRuntime().removeShutdownHook(probe);
                    return false;
                } catch (IllegalStateException e) {
                    return true;
                }
            }
        };
    }
}
