/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static io.sparkconnect.registry.SlotState.ALLOCATED;
import static io.sparkconnect.registry.SlotState.BACKOFF;
import static io.sparkconnect.registry.SlotState.DRAINING;
import static io.sparkconnect.registry.SlotState.GONE;
import static io.sparkconnect.registry.SlotState.READY;
import static io.sparkconnect.registry.SlotState.REQUESTED;
import static io.sparkconnect.registry.SlotState.STARTING;
import static io.sparkconnect.registry.SlotState.STOPPING;
import static io.sparkconnect.registry.SlotState.UNKNOWN;
import static io.sparkconnect.registry.SlotState.WANTED;

import io.sparkconnect.registry.SlotState;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Which state of a slot may follow which; the picture is in {@link SlotState}. */
final class SlotTransitions {
    private static final Map<SlotState, Set<SlotState>> FOLLOWERS = new EnumMap<>(Map.of(
            WANTED, EnumSet.of(REQUESTED, GONE),
            REQUESTED, EnumSet.of(ALLOCATED, WANTED, GONE),
            ALLOCATED, EnumSet.of(STARTING, STOPPING, WANTED, BACKOFF, GONE),
            STARTING, EnumSet.of(READY, STOPPING, WANTED, BACKOFF, GONE),
            READY, EnumSet.of(DRAINING, STOPPING, WANTED, BACKOFF, GONE),
            DRAINING, EnumSet.of(READY, STOPPING, WANTED, BACKOFF, GONE),
            STOPPING, EnumSet.of(WANTED, BACKOFF, GONE),
            BACKOFF, EnumSet.of(WANTED, GONE),
            GONE, EnumSet.noneOf(SlotState.class),
            UNKNOWN, EnumSet.noneOf(SlotState.class)));

    private SlotTransitions() {}

    static boolean allows(SlotState from, SlotState to) {
        Set<SlotState> followers = FOLLOWERS.get(from);
        return followers != null && followers.contains(to);
    }

    /** @throws IllegalStateException with the slot and both states */
    static void check(String slot, SlotState from, SlotState to) {
        if (!allows(from, to)) {
            throw new IllegalStateException("slot " + slot + ": no way from " + from + " to " + to
                    + " (expected: one of " + FOLLOWERS.get(from) + ")");
        }
    }
}
