/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Set;

/**
 * The pools of a service as a proxy has to know them.
 *
 * @param names of all that take new sessions
 * @param routing who gets which without asking for one
 */
public record ServicePools(Set<String> names, PoolRouting routing) {
    public ServicePools {
        names = Set.copyOf(names);
    }

    public static ServicePools of(ServiceSpec spec) {
        return new ServicePools(spec.pools().keySet(), spec.routingInForce());
    }
}
