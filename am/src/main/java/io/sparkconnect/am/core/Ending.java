/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import org.jspecify.annotations.Nullable;

/**
 * Why a server ends.
 *
 * @param detail what was seen, in words; may be empty
 * @param remedy the setting to change or the thing to do; null when there is none
 * @param countsAsFailure whether the slot backs off before its next server
 */
record Ending(DeathCause cause, String detail, @Nullable String remedy, boolean countsAsFailure) {
    /** One clause for an operator. */
    String inWords() {
        return detail.isEmpty() ? cause.inWords() : cause.inWords() + " (" + detail + ")";
    }
}
