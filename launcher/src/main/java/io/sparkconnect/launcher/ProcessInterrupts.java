/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

/** Ctrl-C through the JVM's shutdown hooks; the hook's thread only speaks. */
final class ProcessInterrupts implements Surroundings.Interrupts {
    @Override
    public Watch onInterrupt(Runnable speak) {
        Thread hook = new Thread(speak, "on-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
        return () -> {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The JVM is ending already: the hook speaks, as it should.
            }
        };
    }
}
