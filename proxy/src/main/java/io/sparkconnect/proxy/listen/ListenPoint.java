/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A port for clients.
 *
 * @param proxyHeadersFrom whose PROXY headers are required and believed; null when clients connect to the port themselves
 */
public record ListenPoint(
        InetSocketAddress address, @Nullable AddressRanges proxyHeadersFrom) {
    public static ListenPoint forClients(InetSocketAddress address) {
        return new ListenPoint(address, null);
    }
}
