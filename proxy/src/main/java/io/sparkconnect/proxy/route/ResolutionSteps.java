/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

/** What a resolution goes through; each part of the core takes one and hands over. On the core thread. */
interface ResolutionSteps {
    /** Looks the binding up (again), or ends the resolution when nobody waits any more. */
    void find(Resolution resolution);

    /** Answers all waiters, now that the binding is known. */
    void settle(Resolution resolution, Binding binding);

    /** Nobody waits any more. */
    void end(Resolution resolution);
}
