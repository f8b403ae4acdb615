/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The desired state of a service. The launcher writes it, the ApplicationMaster brings it about.
 *
 * @param generation grows by one with each change; the status says which generation has been reached
 * @param service name of the service
 * @param user who launched it
 * @param desired running or stopped
 * @param drainDeadlineMs how long a stop may wait for sessions to end, ms; 0 stops at once
 * @param pools pools by name; at least one
 * @param settings every effective {@code sparkconnect.*} setting of the launch, for what the AM itself needs
 * @param orders what operators asked for since; null before the first change
 * @param routing which pool a new session gets whose client names none; null where an earlier version wrote the spec
 */
public record ServiceSpec(
        long generation,
        String service,
        String user,
        DesiredState desired,
        long drainDeadlineMs,
        Map<String, PoolSpec> pools,
        Map<String, String> settings,
        @Nullable Orders orders,
        @Nullable PoolRouting routing) {
    public ServiceSpec {
        pools = pools == null ? Map.of() : Map.copyOf(pools);
        settings = settings == null ? Map.of() : Map.copyOf(settings);
    }

    /** A service as it is launched. */
    public ServiceSpec(
            long generation,
            String service,
            String user,
            DesiredState desired,
            long drainDeadlineMs,
            Map<String, PoolSpec> pools,
            Map<String, String> settings) {
        this(generation, service, user, desired, drainDeadlineMs, pools, settings, null, null);
    }

    /** The same wish with everything stopped, one generation later. */
    public ServiceSpec stopped(long withinMs) {
        return new ServiceSpec(
                generation + 1, service, user, DesiredState.STOPPED, withinMs, pools, settings, orders, routing);
    }

    /** The same, with the wish in its history. */
    public ServiceSpec stopped(long withinMs, long atMs, String by, String what) {
        return new ServiceSpec(
                        generation, service, user, DesiredState.STOPPED, withinMs, pools, settings, orders, routing)
                .next(atMs, by, what);
    }

    public Orders ordersOrNone() {
        return orders == null ? Orders.NONE : orders;
    }

    public ServiceSpec withPool(PoolSpec pool) {
        Map<String, PoolSpec> changed = new HashMap<>(pools);
        changed.put(pool.name(), pool);
        return new ServiceSpec(generation, service, user, desired, drainDeadlineMs, changed, settings, orders, routing);
    }

    public ServiceSpec withSettings(Map<String, String> changed) {
        return new ServiceSpec(generation, service, user, desired, drainDeadlineMs, pools, changed, orders, routing);
    }

    public ServiceSpec withOrders(Orders changed) {
        return new ServiceSpec(generation, service, user, desired, drainDeadlineMs, pools, settings, changed, routing);
    }

    public ServiceSpec withPools(Map<String, PoolSpec> changed) {
        return new ServiceSpec(generation, service, user, desired, drainDeadlineMs, changed, settings, orders, routing);
    }

    public ServiceSpec withRouting(PoolRouting changed) {
        return new ServiceSpec(generation, service, user, desired, drainDeadlineMs, pools, settings, orders, changed);
    }

    /** The routing that holds: what the spec says, or its only pool for everybody, or the one called default. */
    public PoolRouting routingInForce() {
        if (routing != null) {
            return routing;
        }
        return new PoolRouting(
                pools.size() == 1 ? pools.keySet().iterator().next() : PoolRouting.DEFAULT_POOL, List.of());
    }

    /** The same, one generation later, with the change in its history. */
    public ServiceSpec next(long atMs, String by, String what) {
        Orders noted = ordersOrNone().noted(new SpecChange(generation + 1, atMs, by, what));
        return new ServiceSpec(
                generation + 1, service, user, desired, drainDeadlineMs, pools, settings, noted, routing);
    }
}
