/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/**
 * A published server. Only the ApplicationMaster writes it, and only after it has authenticated the server's agent.
 *
 * @param serverId YARN container id: unique for ever
 * @param instanceId random per process: a host:port that another container got later is not the same server
 * @param host where it listens, as other nodes resolve it
 * @param port bound Spark Connect port
 * @param pool pool name
 * @param sparkVersion such as {@code 4.3.0}
 * @param state ready or draining
 * @param load last known load
 * @param sessionsLimit most sessions that proxies place on it
 * @param slot slot that it fills
 * @param node YARN node id
 * @param logUrl the container's logs
 * @param childApplicationId its own Spark application
 * @param readyAtMs when it was first published
 * @param weight share of new sessions in proportion to the other servers' weights, 0 to {@value #MOST_WEIGHT}; 0 means no new
 *     ones; null means {@value #DEFAULT_WEIGHT}
 */
public record ServerRecord(
        String serverId,
        String instanceId,
        String host,
        int port,
        String pool,
        @Nullable String sparkVersion,
        ServerState state,
        ServerLoad load,
        int sessionsLimit,
        String slot,
        @Nullable String node,
        @Nullable String logUrl,
        @Nullable String childApplicationId,
        long readyAtMs,
        @Nullable Integer weight) {
    /** The weight of a server whose record has none. */
    public static final int DEFAULT_WEIGHT = 1;

    public static final int MOST_WEIGHT = 1000;

    public ServerRecord {
        state = state == null ? ServerState.UNKNOWN : state;
        load = load == null ? ServerLoad.UNKNOWN : load;
    }

    /** A server of the default weight. */
    public ServerRecord(
            String serverId,
            String instanceId,
            String host,
            int port,
            String pool,
            @Nullable String sparkVersion,
            ServerState state,
            ServerLoad load,
            int sessionsLimit,
            String slot,
            @Nullable String node,
            @Nullable String logUrl,
            @Nullable String childApplicationId,
            long readyAtMs) {
        this(
                serverId,
                instanceId,
                host,
                port,
                pool,
                sparkVersion,
                state,
                load,
                sessionsLimit,
                slot,
                node,
                logUrl,
                childApplicationId,
                readyAtMs,
                null);
    }

    /** The weight that holds: a missing one is {@value #DEFAULT_WEIGHT}, one out of range is taken for the nearest in it. */
    public int weightInRange() {
        return weight == null ? DEFAULT_WEIGHT : Math.max(0, Math.min(weight, MOST_WEIGHT));
    }
}
