/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/** How far a rollout is. */
public enum RolloutState {
    /** Old servers are being replaced. */
    RUNNING,
    /** Every server has the wished revision. */
    DONE,
    /** New servers did not become ready: the pool is brought back to what it was before. */
    ROLLING_BACK,
    /** Brought back; the spec still names what failed. */
    ROLLED_BACK,
    /** Written by a newer version than this reader. */
    @JsonEnumDefaultValue
    UNKNOWN
}
