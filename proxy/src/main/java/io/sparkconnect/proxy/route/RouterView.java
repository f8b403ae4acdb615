/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the router knows, for the admin port and metrics. Thread-safe; never blocks; not one consistent moment. */
public interface RouterView {
    /**
     * A server.
     *
     * @param state {@code READY}, {@code DRAINING}; {@code REMEMBERED} when the registry has lost it
     * @param registryConnected whether the registry answered last time
     * @param load live sessions as the server says; -1 when it cannot tell
     * @param bindings sessions that this proxy knows to be there
     * @param sessionsLimit most sessions on it; 0 means no limit
     * @param weight its share of new sessions in proportion to the others'
     * @param suspectUntilMs it gets no new sessions before; 0 when it is not suspect
     */
    record ServerRow(
            Backend backend,
            String pool,
            @Nullable String sparkVersion,
            @Nullable String node,
            String state,
            boolean registryConnected,
            int load,
            int bindings,
            int sessionsLimit,
            int weight,
            long suspectUntilMs) {}

    /**
     * A pool.
     *
     * @param pool its name; empty for sessions that any will do for
     * @param ready servers that take new sessions now
     * @param starting servers on their way, as the ApplicationMaster says
     * @param sessions that this proxy knows
     * @param held sessions that wait for one of its servers
     */
    record PoolRow(String pool, int ready, int starting, int sessions, int held) {}

    /**
     * A session.
     *
     * @param serverId empty when it is known only that its server is gone
     * @param pool null when it is not known
     * @param openStreams its streams through this proxy
     * @param written whether the binding is in the registry
     */
    record SessionRow(
            String userId,
            String sessionId,
            String serverId,
            @Nullable String pool,
            long createdAtMs,
            long lastUseMs,
            int openStreams,
            boolean written) {}

    List<ServerRow> servers();

    /** Each pool, by name. */
    List<PoolRow> pools();

    /** At most {@code limit} sessions, in no order. */
    List<SessionRow> sessions(int limit);

    /** Sessions that this proxy knows. */
    int sessionCount();

    /** Sessions that wait for a server with room, by pool; under the empty name those that any pool will do for. */
    Map<String, Integer> heldSessions();

    /** Sessions that this proxy knows, by the id of their server. */
    Map<String, Integer> sessionsByServer();

    /** Streams that wait for a decision, for ZooKeeper's answer or the servers', or because they are held. */
    int waitingStreams();

    /** Those of them that are held because no server takes their session. */
    int heldStreams();

    /** Sessions for which the servers are to be asked, when those have been asked that came before. */
    int waitingSearches();

    /** Bindings and releases that wait for the registry to come back. */
    int unwritten();

    /** What is wrong with the registry's content, for an operator to mend; empty when nothing is. */
    String alarm();

    boolean registryConnected();

    /** Servers that take new sessions now. */
    int readyServers();

    long count(RouterEvent event);
}
