/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What operators have asked for beyond the shape of pools.
 *
 * @param drainedServers servers to be drained and replaced, by server id: it is never used again, so an order outlives its
 *     server without harm
 * @param drainedNodes nodes that shall run no server of the service, by node id ({@code host:port})
 * @param history the last changes of the spec, oldest first
 */
public record Orders(
        Map<String, DrainOrder> drainedServers, Map<String, DrainOrder> drainedNodes, List<SpecChange> history) {
    public static final Orders NONE = new Orders(Map.of(), Map.of(), List.of());

    private static final int HISTORY_KEPT = 30;

    public Orders {
        drainedServers = drainedServers == null ? Map.of() : Map.copyOf(drainedServers);
        drainedNodes = drainedNodes == null ? Map.of() : Map.copyOf(drainedNodes);
        history = history == null ? List.of() : List.copyOf(history);
    }

    public Orders drainServer(String serverId, DrainOrder order) {
        return new Orders(with(drainedServers, serverId, order), drainedNodes, history);
    }

    public Orders undrainServer(String serverId) {
        return new Orders(without(drainedServers, serverId), drainedNodes, history);
    }

    public Orders drainNode(String node, DrainOrder order) {
        return new Orders(drainedServers, with(drainedNodes, node, order), history);
    }

    public Orders undrainNode(String node) {
        return new Orders(drainedServers, without(drainedNodes, node), history);
    }

    /** Forgets orders about servers that are not among these. */
    public Orders onlyServers(Set<String> serverIds) {
        Map<String, DrainOrder> left = new HashMap<>(drainedServers);
        left.keySet().retainAll(serverIds);
        return new Orders(left, drainedNodes, history);
    }

    Orders noted(SpecChange change) {
        List<SpecChange> all = new ArrayList<>(history);
        all.add(change);
        return new Orders(
                drainedServers, drainedNodes, all.subList(Math.max(0, all.size() - HISTORY_KEPT), all.size()));
    }

    private static Map<String, DrainOrder> with(Map<String, DrainOrder> orders, String key, DrainOrder order) {
        Map<String, DrainOrder> more = new HashMap<>(orders);
        more.put(key, order);
        return more;
    }

    private static Map<String, DrainOrder> without(Map<String, DrainOrder> orders, String key) {
        Map<String, DrainOrder> fewer = new HashMap<>(orders);
        fewer.remove(key);
        return fewer;
    }
}
