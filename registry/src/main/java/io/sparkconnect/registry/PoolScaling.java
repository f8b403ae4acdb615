/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * How a pool's number of servers follows its load between {@link PoolSpec#minServers} and {@link PoolSpec#maxServers}.
 *
 * @param spareServers servers kept free beyond what sessions need, while there are any; ≥ 0
 * @param fillPercent how full servers may be before one more is wanted, in percent of {@link PoolSpec#sessionsPerServer};
 *     1 to 100
 * @param operationsPerServer running operations that one server shall have at most; 0 when they do not count
 * @param outStep most servers on their way at once beyond the minimum; ≥ 1
 * @param outCooldownMs least time between two steps up, ms
 * @param inStep most servers that one step down gives up; ≥ 1
 * @param inCooldownMs least time between two steps down, ms
 * @param idleMs for how long fewer servers must have been enough before one is given up, ms
 * @param askPatienceMs for how long YARN may give nothing before asks beyond the minimum are withdrawn, ms
 * @param askPauseMs for how long no more is asked for after that, or after YARN took or wanted containers back, ms
 * @param drainMs how long a server that is given up may keep its sessions, ms; 0 as long as they last
 */
public record PoolScaling(
        int spareServers,
        int fillPercent,
        int operationsPerServer,
        int outStep,
        long outCooldownMs,
        int inStep,
        long inCooldownMs,
        long idleMs,
        long askPatienceMs,
        long askPauseMs,
        long drainMs) {}
