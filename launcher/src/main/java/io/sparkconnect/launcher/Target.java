/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import org.jspecify.annotations.Nullable;

/** What a command is pointed at. */
sealed interface Target {
    /** As operators call it. */
    String inWords();

    /** The order by which it is drained; null when it is not. */
    @Nullable
    DrainOrder drainedBy(Orders orders);

    /** @param slot where it runs, for people; the server is gone when the slot gets another one */
    record Server(String slot, String serverId) implements Target {
        @Override
        public String inWords() {
            return "server " + slot + " (" + serverId + ")";
        }

        @Override
        public @Nullable DrainOrder drainedBy(Orders orders) {
            return orders.drainedServers().get(serverId);
        }
    }

    /** @param id {@code host:port} */
    record Node(String id) implements Target {
        @Override
        public String inWords() {
            return "node " + id;
        }

        @Override
        public @Nullable DrainOrder drainedBy(Orders orders) {
            return orders.drainedNodes().get(id);
        }
    }
}
