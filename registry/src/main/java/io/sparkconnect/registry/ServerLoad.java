/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * What a server says of its own load.
 *
 * @param sessions live sessions; -1 where the server cannot tell (Spark 3.x)
 * @param operations running operations; -1 where the server cannot tell
 * @param heapUsedBytes used heap
 * @param heapMaxBytes heap limit
 */
public record ServerLoad(int sessions, int operations, long heapUsedBytes, long heapMaxBytes) {
    public static final ServerLoad UNKNOWN = new ServerLoad(-1, -1, 0, 0);
}
