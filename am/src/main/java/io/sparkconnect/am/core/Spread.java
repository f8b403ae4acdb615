/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

/**
 * What an ask says of the servers beside which its container may be, when YARN spreads them by placement constraints.
 *
 * @param tag allocation tag of all the service's servers, this one among them
 * @param othersAtMost containers with the tag that a node may have already; {@link #ANY_NUMBER} when any node will do
 */
public record Spread(String tag, int othersAtMost) {
    public static final int ANY_NUMBER = Integer.MAX_VALUE;

    public boolean isConstrained() {
        return othersAtMost != ANY_NUMBER;
    }
}
