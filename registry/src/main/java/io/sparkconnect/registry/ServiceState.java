/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/** What the service as a whole is, as its ApplicationMaster sees it. */
public enum ServiceState {
    /** No pool has a ready server yet. */
    STARTING,
    /** Every pool has at least its minimum of ready servers. */
    READY,
    /** Some pool has fewer ready servers than its minimum; the status message says why. */
    DEGRADED,
    /** Draining and stopping on the operator's wish. */
    STOPPING,
    /** Everything has been stopped; the last word of the last attempt. */
    STOPPED,
    /** Written by a newer version than this reader. */
    @JsonEnumDefaultValue
    UNKNOWN
}
