/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

/**
 * How this process follows another one and is followed.
 *
 * @param takesOver whether it replaces the proxy that runs with the same hand-over socket, if there is one
 * @param whenTakenOver run on a thread of its own when another process has taken the ports: this one is to stop
 */
record Succession(boolean takesOver, Runnable whenTakenOver) {
    static final Succession NONE = new Succession(false, () -> {});
}
