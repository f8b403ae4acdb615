/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/** What a proxy may do with a published server. */
public enum ServerState {
    /** New sessions are welcome. */
    READY,
    /** Existing sessions go on; no new ones. */
    DRAINING,
    /** Written by a newer version than this reader: treat as {@link #DRAINING}. */
    @JsonEnumDefaultValue
    UNKNOWN
}
