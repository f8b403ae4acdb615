/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import io.sparkconnect.registry.ScalingStatus.Limit;

/**
 * How many servers of a pool its queue and the nodes can hold, whatever else runs there now.
 *
 * @param servers most servers of the pool, those that it has included
 * @param limit what bounds that: {@link Limit#QUEUE} or {@link Limit#NODES}; {@link Limit#UNKNOWN} when it is not known
 * @param inWords the bound with its figures
 * @param whyPending why an ask may get no container now, with figures
 * @param now whether by all figures an ask would get a container now
 */
public record Room(int servers, Limit limit, String inWords, String whyPending, boolean now) {
    /** Nothing has been heard of queue or nodes: asking is the way to find out. */
    public static final Room UNKNOWN =
            new Room(Integer.MAX_VALUE, Limit.UNKNOWN, "", "nothing is known of the queue yet", false);

    public boolean isKnown() {
        return limit != Limit.UNKNOWN;
    }
}
