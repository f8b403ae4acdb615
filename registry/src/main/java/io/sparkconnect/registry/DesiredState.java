/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/** What the operator wants of the service as a whole. */
public enum DesiredState {
    /** Keep every pool at its size. */
    RUNNING,
    /** Drain within the spec's deadline, stop every server, unregister from YARN, remove registry and staging. */
    STOPPED
}
