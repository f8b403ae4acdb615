/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.SessionEnder;
import io.sparkconnect.proxy.route.SparkLine;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.settings.ProxySettings;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks servers that were listed by hand which Spark they are of: one of Spark 3 evicts sessions silently above some 60, and
 * whoever lists it does not say. Asked again and again, for another one may listen there later. Confined to the executor's one
 * thread.
 */
final class SparkVersions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SparkVersions.class);

    private static final long EVERY_SECONDS = 10;
    /** Who has answered is asked in every so many rounds. */
    private static final int ROUNDS_UNTIL_ASKED_AGAIN = 30;

    private final FixedServers servers;
    private final SessionEnder calls;
    private final ScheduledExecutorService executor;
    private final ScheduledFuture<?> rounds;
    private final Set<String> answered = new HashSet<>();
    private final Set<String> unclear = new HashSet<>();
    private int round;

    private SparkVersions(FixedServers servers, SessionEnder calls, ScheduledExecutorService executor) {
        this.servers = servers;
        this.calls = calls;
        this.executor = executor;
        this.rounds = executor.scheduleWithFixedDelay(this::askAll, 0, EVERY_SECONDS, TimeUnit.SECONDS);
    }

    /** Asks until it is closed. */
    static SparkVersions learn(FixedServers servers, SessionEnder calls, ScheduledExecutorService executor) {
        return new SparkVersions(servers, calls, executor);
    }

    private void askAll() {
        if (round++ % ROUNDS_UNTIL_ASKED_AGAIN == 0) {
            answered.clear();
        }
        for (ServerRecord server : servers.snapshot().servers().values()) {
            if (!answered.contains(server.serverId())) {
                ask(server);
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A server that cannot be asked is asked in the next round.
    private void ask(ServerRecord server) {
        Backend backend = new Backend(server.serverId(), server.instanceId(), server.host(), server.port());
        SparkLine.ask(calls, backend)
                .whenCompleteAsync(
                        (line, failure) -> {
                            if (line == null) {
                                log.debug("server={} does not say its Spark version", server.serverId(), failure);
                                return;
                            }
                            answered.add(server.serverId());
                            line.ifPresentOrElse(version -> learned(server.serverId(), version), () -> unclear(server));
                        },
                        executor);
    }

    private void learned(String serverId, String version) {
        if (servers.isOf(serverId, version)) {
            log.info(
                    "server={} is of Spark {}{}",
                    serverId,
                    version,
                    version.equals(SparkLine.SPARK_3)
                            ? ": it gets at most as many sessions as " + ProxySettings.SPARK3_SESSIONS.name() + " says"
                            : "");
        }
    }

    private void unclear(ServerRecord server) {
        if (unclear.add(server.serverId())) {
            log.warn(
                    "server={} does not tell which Spark it is of: up to {} sessions are placed on it ({}). "
                            + "Spark 3.x evicts sessions silently above some 60: set 60 if it is one",
                    server.serverId(),
                    server.sessionsLimit(),
                    ProxySettings.SERVERS_SESSIONS.name());
        }
    }

    @Override
    public void close() {
        rounds.cancel(false);
    }
}
