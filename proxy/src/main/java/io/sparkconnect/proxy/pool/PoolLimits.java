/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

import java.time.Duration;

/**
 * @param connectionsPerLane most connections of one loop to one server in one lane
 * @param waiting most streams that wait in line for a connection of one loop to one server in one lane
 * @param waitTimeout how long a stream waits for a connection, its making included
 * @param idleTimeout an unused connection is closed after this
 * @param backOffFirst pause after a failed attempt, during which streams fail at once; doubles
 * @param backOffMost longest such pause
 */
public record PoolLimits(
        int connectionsPerLane,
        int waiting,
        Duration waitTimeout,
        Duration idleTimeout,
        Duration backOffFirst,
        Duration backOffMost) {}
