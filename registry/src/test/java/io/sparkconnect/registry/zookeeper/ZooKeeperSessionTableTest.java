/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ZooKeeperSessionTableTest {
    private static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "test");
    private static final SessionKey KEY = new SessionKey("alice", "s1");
    private static final SessionKey KEY_OF_FIRST = new SessionKey("alice", "listed-0");

    private final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    private final ZooKeeperConnection connection = zooKeeper.connect();
    private final ZooKeeperSessionTable table = new ZooKeeperSessionTable(connection, PATHS, Duration.ofSeconds(10));

    @BeforeEach
    void connect() throws InterruptedException {
        assertThat(connection.awaitConnected(Duration.ofSeconds(20))).isTrue();
    }

    @AfterEach
    void close() {
        table.close();
        connection.close();
        zooKeeper.close();
    }

    @Test
    void findsWhatItBound() throws Exception {
        assertThat(table.find(KEY).get()).isEmpty();

        SessionBinding bound =
                table.bindIfAbsent(Records.binding("s1", "server-a")).get();

        assertThat(bound.serverId()).isEqualTo("server-a");
        assertThat(table.find(KEY).get()).contains(bound);
        assertThat(table.find(new SessionKey("bob", "s1")).get()).isEmpty();
    }

    @Test
    void theFirstOfTwoProxiesWinsAndTheOtherObeys() throws Exception {
        try (ZooKeeperConnection other = zooKeeper.connect();
                ZooKeeperSessionTable otherTable = new ZooKeeperSessionTable(other, PATHS, Duration.ofSeconds(10))) {
            assertThat(other.awaitConnected(Duration.ofSeconds(20))).isTrue();
            List<CompletableFuture<SessionBinding>> ours = new ArrayList<>();
            List<CompletableFuture<SessionBinding>> theirs = new ArrayList<>();

            for (int i = 0; i < 200; i++) {
                ours.add(table.bindIfAbsent(Records.binding("race-" + i, "ours")));
                theirs.add(otherTable.bindIfAbsent(Records.binding("race-" + i, "theirs")));
            }

            for (int i = 0; i < 200; i++) {
                assertThat(ours.get(i).get()).isEqualTo(theirs.get(i).get());
            }
        }
    }

    @Test
    void releasesOnlyTheBindingToThatServer() throws Exception {
        table.bindIfAbsent(Records.binding("s1", "server-a")).get();

        assertThat(table.release(KEY, "server-b").get()).isFalse();
        assertThat(table.find(KEY).get()).isPresent();
        assertThat(table.release(KEY, "server-a").get()).isTrue();
        assertThat(table.release(KEY, "server-a").get()).isFalse();
        assertThat(table.find(KEY).get()).isEmpty();
    }

    @Test
    void listsEveryBindingInExactlyOneBucket() throws Exception {
        Set<SessionBinding> all = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            all.add(table.bindIfAbsent(Records.binding("listed-" + i, "server-a"))
                    .get());
        }
        connection.handle().setData(PATHS.session(KEY_OF_FIRST), "garbage".getBytes(UTF_8), -1);
        all.removeIf(binding -> binding.sessionId().equals(KEY_OF_FIRST.sessionId()));

        List<SessionBinding> listed = new ArrayList<>();
        for (int bucket = 0; bucket < SessionTable.BUCKETS; bucket++) {
            listed.addAll(table.inBucket(bucket).get());
        }

        assertThat(listed).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void aUseKeepsTheFieldsOfOtherVersions() throws Exception {
        table.bindIfAbsent(Records.binding("s1", "server-a")).get();
        ZooKeeper handle = connection.handle();
        handle.setData(
                PATHS.session(KEY),
                ("{\"userId\":\"alice\",\"sessionId\":\"s1\",\"serverId\":\"server-a\",\"createdAtMs\":1,\"lastUseMs\":2,"
                                + "\"colour\":\"blue\"}")
                        .getBytes(UTF_8),
                -1);

        assertThat(table.touch(KEY, 3).get()).isTrue();

        assertThat(new String(handle.getData(PATHS.session(KEY), false, null), UTF_8))
                .contains("\"colour\":\"blue\"")
                .contains("\"lastUseMs\":3");
    }

    @Test
    void aUseOfAMissingBindingLeavesItMissing() throws Exception {
        assertThat(table.touch(KEY, 3).get()).isFalse();

        assertThat(table.find(KEY).get()).isEmpty();
    }

    @Test
    void usesNotedAtTheSameTimeEndWithTheLatest() throws Exception {
        table.bindIfAbsent(Records.binding("s1", "server-a")).get();
        long before = Records.binding("s1", "server-a").lastUseMs();

        CompletableFuture<?>[] touches = new CompletableFuture<?>[3];
        for (int i = 0; i < touches.length; i++) {
            touches[i] = table.touch(KEY, before + 1 + i);
        }
        CompletableFuture.allOf(touches).get();

        assertThat(table.find(KEY).get().orElseThrow().lastUseMs()).isEqualTo(before + 3);
    }

    @Test
    void garbageBindsNobodyAndIsReplacedByTheNextBinding() throws Exception {
        table.bindIfAbsent(Records.binding("s1", "server-a")).get();
        connection.handle().setData(PATHS.session(KEY), "{oops".getBytes(UTF_8), -1);

        assertThatThrownBy(() -> table.find(KEY).get())
                .hasCauseInstanceOf(RegistryDataException.class)
                .hasMessageContaining(PATHS.session(KEY));
        assertThat(table.touch(KEY, 5).get()).isFalse();
        assertThat(table.bindIfAbsent(Records.binding("s1", "server-b")).get().serverId())
                .isEqualTo("server-b");
        assertThat(table.find(KEY).get().orElseThrow().serverId()).isEqualTo("server-b");
    }

    @Test
    void failsFastWhileZooKeeperIsAwayAndWorksAgainAfterwards() throws Exception {
        table.bindIfAbsent(Records.binding("s1", "server-a")).get();

        zooKeeper.stop();
        await().until(() -> !connection.isConnected());
        CompletableFuture<?> question = table.find(KEY);

        assertThat(question).isDone();
        assertThatThrownBy(question::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(RegistryAwayException.class)
                .hasMessageContaining(zooKeeper.quorum());

        zooKeeper.restart();
        await().atMost(Duration.ofSeconds(30)).until(connection::isConnected);
        assertThat(table.find(KEY).get().orElseThrow().serverId()).isEqualTo("server-a");
    }

    @Test
    void whatIsUnderWayWhenZooKeeperGoesAwayFails() throws Exception {
        List<CompletableFuture<?>> underWay = new ArrayList<>();
        zooKeeper.stop();

        for (int i = 0; i < 100; i++) {
            underWay.add(table.bindIfAbsent(Records.binding("lost-" + i, "server-a")));
        }

        for (CompletableFuture<?> one : underWay) {
            assertThatThrownBy(one::get).hasCauseInstanceOf(RegistryAwayException.class);
        }
    }

    @Test
    void worksOnAfterItsSessionExpired() throws Exception {
        table.bindIfAbsent(Records.binding("s1", "server-a")).get();

        zooKeeper.injectSessionExpiry(connection);

        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> table.find(KEY).get().isPresent());
    }

    @Test
    void refusesRatherThanQueueWithoutLimit() {
        List<CompletableFuture<?>> asked = new ArrayList<>();
        for (int i = 0; i < ZooKeeperSessionTable.MOST_WAITING * 3; i++) {
            asked.add(table.find(new SessionKey("alice", "many-" + i)));
        }

        int refused = 0;
        for (CompletableFuture<?> one : asked) {
            try {
                one.join();
            } catch (java.util.concurrent.CompletionException e) {
                assertThat(e).hasCauseInstanceOf(RegistryAwayException.class).hasMessageContaining("questions");
                refused++;
            }
        }
        assertThat(refused).isLessThan(asked.size());
        assertThat(table.find(KEY).join()).isEmpty();
    }
}
