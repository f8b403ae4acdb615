/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Queues and nodes, as last told by the ResourceManager.
 *
 * @param queues that pools ask in, for servers and for executors
 * @param nodes how many there are in each condition
 * @param avoidedNodes that no new server should go to, because servers failed there again and again
 */
public record SurroundingsView(List<QueueView> queues, Map<NodeView.Condition, Long> nodes, Set<String> avoidedNodes) {
    public SurroundingsView {
        queues = List.copyOf(queues);
        nodes = Map.copyOf(nodes);
        avoidedNodes = Set.copyOf(avoidedNodes);
    }
}
