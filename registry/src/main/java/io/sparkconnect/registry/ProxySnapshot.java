/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Map;

/**
 * The proxies at one moment.
 *
 * @param proxies living proxies by id
 * @param connected whether the store answered last time; while false the rest is the last that was known
 */
public record ProxySnapshot(Map<String, ProxyRecord> proxies, boolean connected) {
    public ProxySnapshot {
        proxies = Map.copyOf(proxies);
    }
}
