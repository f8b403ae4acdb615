/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.sparkconnect.proxy.route.Backend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // An embedded channel closes at once.
class BackendPoolTest {
    private static final Backend SERVER = new Backend("container_1", "a", "h", 1);
    private static final Backend SAME_PLACE_LATER = new Backend("container_2", "b", "h", 1);

    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final List<Attempt> attempts = new ArrayList<>();
    private final List<FakeConnection> got = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private long nanos = 1_000;
    private BackendPool<FakeConnection> pool;

    private record Attempt(
            Backend backend,
            Connector.Events<FakeConnection> events,
            Consumer<FakeConnection> ready,
            Consumer<String> failed) {}

    @BeforeEach
    void makeAPoolOfAtMostTwo() {
        loop.freezeTime();
        PoolLimits limits = new PoolLimits(
                2, 3, Duration.ofSeconds(10), Duration.ofHours(1), Duration.ofMillis(100), Duration.ofSeconds(5));
        pool = new BackendPool<>(
                loop.eventLoop(),
                (backend, events, ready, failed) -> attempts.add(new Attempt(backend, events, ready, failed)),
                limits,
                () -> nanos,
                new Random(1));
    }

    @AfterEach
    void close() {
        pool.retireAll();
        loop.close();
    }

    @Test
    void sharesOneConnectionAmongStreams() {
        acquire(SERVER, Lane.CONTROL);
        acquire(SERVER, Lane.CONTROL);
        assertThat(attempts).hasSize(1);

        FakeConnection connection = connect(0, 100);
        acquire(SERVER, Lane.CONTROL);

        assertThat(got).containsExactly(connection, connection, connection);
        assertThat(attempts).hasSize(1);
    }

    @Test
    void keepsLanesAndProcessesApart() {
        acquire(SERVER, Lane.CONTROL);
        acquire(SERVER, Lane.BULK);
        acquire(SAME_PLACE_LATER, Lane.CONTROL);

        assertThat(attempts).hasSize(3);
    }

    @Test
    void opensAnotherConnectionWhenTheFirstIsFullAndWaitsAtTheLimit() {
        acquire(SERVER, Lane.CONTROL);
        FakeConnection first = connect(0, 1);
        acquire(SERVER, Lane.CONTROL);
        FakeConnection second = connect(1, 1);
        acquire(SERVER, Lane.CONTROL);
        assertThat(attempts).hasSize(2);
        assertThat(got).containsExactly(first, second);

        first.open--;
        attempts.get(0).events().roomMayHaveGrown(first);

        assertThat(got).containsExactly(first, second, first);
    }

    @Test
    void failsAWaitingStreamAtItsDeadline() {
        acquire(SERVER, Lane.CONTROL);

        loop.advanceTimeBy(11, TimeUnit.SECONDS);
        loop.runScheduledPendingTasks();

        assertThat(failures).hasSize(1).first().asString().contains("within 10000 ms");
    }

    @Test
    void failsAtOnceWhileItBacksOffAndTriesAgainLater() {
        acquire(SERVER, Lane.CONTROL);
        attempts.get(0).failed().accept("refused");
        acquire(SERVER, Lane.CONTROL);
        assertThat(failures).containsExactly("refused", "refused");
        assertThat(attempts).hasSize(1);

        nanos += Duration.ofMillis(101).toNanos();
        acquire(SERVER, Lane.CONTROL);

        assertThat(attempts).hasSize(2);
    }

    @Test
    void refusesMoreThanMayWait() {
        for (int i = 0; i < 4; i++) {
            acquire(SERVER, Lane.CONTROL);
        }

        assertThat(failures).hasSize(1).first().asString().contains("too many requests wait");
    }

    @Test
    void whatEndsWorkWaitsInFrontHoweverManyWait() {
        for (int i = 0; i < 3; i++) {
            acquire(SERVER, Lane.CONTROL);
        }
        List<FakeConnection> release = new ArrayList<>();
        pool.acquireOther(SERVER, Lane.CONTROL, Turn.FIRST, null, release::add, none -> failures.add(none.cause()));
        assertThat(failures).isEmpty();

        FakeConnection only = connect(0, 1);
        only.open = 0;

        assertThat(release).containsExactly(only);
    }

    @Test
    void doesNotServeAStreamThatWasCancelled() {
        BackendPool.Waiting waiting = acquire(SERVER, Lane.CONTROL);
        waiting.cancel();

        connect(0, 1);

        assertThat(got).isEmpty();
        assertThat(failures).isEmpty();
    }

    @Test
    void replacesAConnectionThatRetired() {
        acquire(SERVER, Lane.CONTROL);
        FakeConnection first = connect(0, 100);
        first.retire();
        attempts.get(0).events().roomMayHaveGrown(first);

        acquire(SERVER, Lane.CONTROL);

        assertThat(attempts).hasSize(2);
        assertThat(pool.connections()).isZero();
    }

    @Test
    void retiresAConnectionThatNobodyUses() {
        acquire(SERVER, Lane.CONTROL);
        FakeConnection connection = connect(0, 100);
        connection.open = 0;
        connection.idleSince = nanos;

        nanos += Duration.ofHours(2).toNanos();
        loop.advanceTimeBy(2, TimeUnit.HOURS);
        loop.runScheduledPendingTasks();

        assertThat(connection.retired).isTrue();
    }

    private BackendPool.Waiting acquire(Backend backend, Lane lane) {
        return pool.acquire(
                backend,
                lane,
                connection -> {
                    connection.open++;
                    got.add(connection);
                },
                none -> failures.add(none.cause()));
    }

    private FakeConnection connect(int attempt, int room) {
        FakeConnection connection = new FakeConnection(room);
        attempts.get(attempt).ready().accept(connection);
        return connection;
    }

    private static final class FakeConnection implements PooledConnection {
        private final int room;
        private int open;
        private long idleSince;
        private boolean retired;

        private FakeConnection(int room) {
            this.room = room;
        }

        @Override
        public boolean hasRoom() {
            return !retired && open < room;
        }

        @Override
        public boolean isRetired() {
            return retired;
        }

        @Override
        public int openStreams() {
            return open;
        }

        @Override
        public long idleSinceNanos() {
            return idleSince;
        }

        @Override
        public void retire() {
            retired = true;
        }
    }
}
