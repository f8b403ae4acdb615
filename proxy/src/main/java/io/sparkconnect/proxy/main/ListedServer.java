/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.settings.PoolSettings;

/**
 * A server that an operator has listed by hand.
 *
 * @param weight its share of new sessions in proportion to the others'; 0 means no new ones
 * @param pool its pool
 */
record ListedServer(HostPort address, int weight, String pool) {
    private static final String EXPECTED = "HOST:PORT, HOST:PORT*WEIGHT, HOST:PORT@POOL or HOST:PORT*WEIGHT@POOL";

    /**
     * @param text {@code host:port}, with or without {@code *weight} and {@code @pool}
     * @throws IllegalArgumentException saying what was expected
     */
    static ListedServer parse(String text) {
        int at = text.indexOf('@');
        String pool = at < 0 ? PoolSettings.DEFAULT : text.substring(at + 1).trim();
        if (!pool.matches(PoolSettings.NAME)) {
            throw new IllegalArgumentException(
                    text + " (expected: " + EXPECTED + " with a pool like " + PoolSettings.NAME + ")");
        }
        return parse(text, at < 0 ? text : text.substring(0, at).trim(), pool);
    }

    private static ListedServer parse(String all, String text, String pool) {
        int star = text.indexOf('*');
        if (star < 0) {
            return new ListedServer(HostPort.parse(text, 1), ServerRecord.DEFAULT_WEIGHT, pool);
        }
        int weight;
        try {
            weight = Integer.parseInt(text.substring(star + 1).trim());
        } catch (NumberFormatException e) {
            weight = -1;
        }
        if (weight < 0 || weight > ServerRecord.MOST_WEIGHT) {
            throw new IllegalArgumentException(
                    all + " (expected: HOST:PORT*WEIGHT with a weight from 0 to " + ServerRecord.MOST_WEIGHT + ")");
        }
        return new ListedServer(HostPort.parse(text.substring(0, star).trim(), 1), weight, pool);
    }

    @Override
    public String toString() {
        return address
                + (weight == ServerRecord.DEFAULT_WEIGHT ? "" : "*" + weight)
                + (pool.equals(PoolSettings.DEFAULT) ? "" : "@" + pool);
    }
}
