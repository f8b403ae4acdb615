/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.am.scale.PoolLoad;
import io.sparkconnect.am.scale.Room;
import io.sparkconnect.am.scale.ScalingDecision;
import io.sparkconnect.registry.ScalingStatus;

/** What was last decided about a pool's size, and from what. */
record Scaled(ScalingDecision decision, PoolLoad load, Room room) {
    ScalingStatus status() {
        return new ScalingStatus(
                decision.needed(),
                room.isKnown() ? room.servers() : -1,
                load.held(),
                load.pendingAsks(),
                decision.limit(),
                decision.reason());
    }
}
