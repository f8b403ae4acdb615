/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

/**
 * What one pool has and what is asked of it, at one moment.
 *
 * @param slots slots that are to have a server, with or without one now
 * @param holding those of them that have a container
 * @param up those of them whose server takes new sessions
 * @param pendingAsks those of them whose container YARN has not given yet
 * @param sessions live sessions on all servers of the pool, draining ones too: their users will come back
 * @param held sessions that wait at the proxies for a server of the pool
 * @param operations running operations on all servers, as far as they can tell
 * @param strained servers that have had almost no heap left for a while
 * @param strainedSessions the live sessions on those
 * @param known whether servers and proxies have told lately enough to judge that fewer servers will do
 */
public record PoolLoad(
        int slots,
        int holding,
        int up,
        int pendingAsks,
        int sessions,
        int held,
        int operations,
        int strained,
        int strainedSessions,
        boolean known) {}
