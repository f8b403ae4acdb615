/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * Where the clients connect: one address of a proxy, or those of all servers, over which connections are dealt in turn.
 * {@code sessionHeader}: the peer cannot find the session in the message and wants {@code x-spark-session}, which stock
 * clients do not send.
 */
public record Target(List<InetSocketAddress> addresses, boolean sessionHeader) {
    public Target {
        addresses = List.copyOf(addresses);
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("addresses: none (expected: at least one)");
        }
    }

    InetSocketAddress address(int connection) {
        return addresses.get(connection % addresses.size());
    }
}
