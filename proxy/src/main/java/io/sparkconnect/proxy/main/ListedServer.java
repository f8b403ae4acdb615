/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.ServerRecord;

/**
 * A server that an operator has listed by hand.
 *
 * @param weight its share of new sessions in proportion to the others'; 0 means no new ones
 */
record ListedServer(HostPort address, int weight) {
    /**
     * @param text {@code host:port} or {@code host:port*weight}
     * @throws IllegalArgumentException saying what was expected
     */
    static ListedServer parse(String text) {
        int star = text.indexOf('*');
        if (star < 0) {
            return new ListedServer(HostPort.parse(text, 1), ServerRecord.DEFAULT_WEIGHT);
        }
        int weight;
        try {
            weight = Integer.parseInt(text.substring(star + 1).trim());
        } catch (NumberFormatException e) {
            weight = -1;
        }
        if (weight < 0 || weight > ServerRecord.MOST_WEIGHT) {
            throw new IllegalArgumentException(
                    text + " (expected: HOST:PORT*WEIGHT with a weight from 0 to " + ServerRecord.MOST_WEIGHT + ")");
        }
        return new ListedServer(HostPort.parse(text.substring(0, star).trim(), 1), weight);
    }

    @Override
    public String toString() {
        return weight == ServerRecord.DEFAULT_WEIGHT ? address.toString() : address + "*" + weight;
    }
}
