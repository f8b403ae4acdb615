/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A big table; what it costs is logged, not judged. The size that is promised takes half a minute:
 * {@code -Dsparkconnect.test.sessions=100000}.
 */
class ManySessionsTest {
    private static final Logger LOG = LoggerFactory.getLogger(ManySessionsTest.class);
    private static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "many");
    private static final int SESSIONS = Integer.getInteger("sparkconnect.test.sessions", 20_000);
    private static final int AT_ONCE = 2_000;

    @Test
    void holdsManyBindingsAndIsUpAtOnce() throws Exception {
        try (ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
                ZooKeeperConnection connection = zooKeeper.connect();
                ZooKeeperSessionTable table = new ZooKeeperSessionTable(connection, PATHS, Duration.ofSeconds(60))) {
            assertThat(connection.awaitConnected(Duration.ofSeconds(20))).isTrue();
            long start = System.nanoTime();
            for (int from = 0; from < SESSIONS; from += AT_ONCE) {
                List<CompletableFuture<?>> some = new ArrayList<>();
                for (int i = from; i < Math.min(from + AT_ONCE, SESSIONS); i++) {
                    some.add(table.bindIfAbsent(Records.binding("session-" + i, "server-" + i % 200)));
                }
                CompletableFuture.allOf(some.toArray(CompletableFuture[]::new)).get();
            }
            LOG.info("{} bindings written in {} ms", SESSIONS, millisSince(start));

            System.gc();
            long before = used();
            long opened = System.nanoTime();
            try (ZooKeeperConnection late = zooKeeper.connect();
                    ZooKeeperSessionTable lateTable = new ZooKeeperSessionTable(late, PATHS, Duration.ofSeconds(60))) {
                assertThat(late.awaitConnected(Duration.ofSeconds(20))).isTrue();
                SessionKey last = new SessionKey("alice", "session-" + (SESSIONS - 1));
                assertThat(lateTable.find(last).get().orElseThrow().serverId())
                        .isEqualTo("server-" + (SESSIONS - 1) % 200);
                LOG.info("a new proxy found its first binding after {} ms", millisSince(opened));
                System.gc();
                LOG.info("and uses {} KiB more (server and client in one process)", (used() - before) / 1024);
            }

            long removal = System.nanoTime();
            try (ZooKeeperOperatorRegistry operator =
                    new ZooKeeperOperatorRegistry(connection, "/sparkconnect", "many")) {
                assertThat(connection.handle().getChildren(PATHS.sessions(), false))
                        .hasSize(256);
                operator.removeService();
            }
            LOG.info("all removed in {} ms", millisSince(removal));
            assertThat(connection.handle().exists(PATHS.root(), false)).isNull();
        }
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }

    private static long used() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
