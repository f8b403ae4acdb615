/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/**
 * The life of a slot, one place for one server in a pool.
 *
 * <pre>
 * WANTED → REQUESTED → ALLOCATED → STARTING → READY → DRAINING → STOPPING → GONE
 *   ↑___________________________________________|___________|________|
 *   └── BACKOFF ←── (its container ended without our asking, or never came up)
 * </pre>
 */
public enum SlotState {
    /** A server is wanted here; nothing has been asked of YARN yet. */
    WANTED,
    /** One container has been asked for, under the slot generation's own allocation request id. */
    REQUESTED,
    /** YARN gave a container; its start has not been confirmed. */
    ALLOCATED,
    /** The container runs; its server has not joined or is not alive yet. */
    STARTING,
    /** Published: proxies may place sessions on it. */
    READY,
    /** Published as draining: keeps its sessions, gets no new ones. */
    DRAINING,
    /** Told to end; its container's completion is awaited. */
    STOPPING,
    /** Ended and not to be replaced. */
    GONE,
    /** Ended against our will; the next container is asked for when the back-off is over. */
    BACKOFF,
    /** Written by a newer version than this reader. */
    @JsonEnumDefaultValue
    UNKNOWN
}
