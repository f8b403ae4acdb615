/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.SlotRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Of several attempts that live, the latest writes and no other. */
class FencingTest extends TwoAttempts {
    @Test
    void anOldAttemptCanDoNothing() throws Exception {
        old.claim(1);
        young.claim(2);

        assertThatThrownBy(() -> old.commit(List.of(new RegistryChange.PutServer(Records.server("c1")))))
                .isInstanceOf(FencedOutException.class);
        assertThatThrownBy(old::removeService).isInstanceOf(FencedOutException.class);
        assertThatThrownBy(() -> old.claim(1))
                .isInstanceOf(FencedOutException.class)
                .hasMessageContaining("attempt 1")
                .hasMessageContaining("attempt 2");

        assertThat(young.readServers()).isEmpty();
        young.commit(List.of(new RegistryChange.PutServer(Records.server("c1"))));
    }

    @Test
    void anOldAttemptIsStoppedInTheMiddleOfWhatItDoes() throws Exception {
        old.claim(1);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            AtomicInteger committed = new AtomicInteger();
            Future<FencedOutException> end = thread.submit(() -> {
                while (true) {
                    SlotRecord slot = Records.slot("default-" + committed.get());
                    try {
                        old.commit(List.of(new RegistryChange.PutSlot(slot)));
                        committed.incrementAndGet();
                    } catch (FencedOutException e) {
                        return e;
                    }
                }
            });
            await().until(() -> committed.get() > 10);

            young.claim(2);
            int atTheClaim = young.readSlots().size();

            assertThat(end.get()).isNotNull();
            assertThat(young.readSlots()).hasSize(atTheClaim).hasSize(committed.get());
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void ofTwoAttemptsThatClaimAtOnceTheLaterOneWrites() throws Exception {
        for (int round = 0; round < 10; round++) {
            int attempt = 2 * round + 1;
            CyclicBarrier together = new CyclicBarrier(2);
            ExecutorService threads = Executors.newFixedThreadPool(2);
            try {
                Future<Boolean> oldDone = threads.submit(claims(old, attempt, together));
                Future<Boolean> youngDone = threads.submit(claims(young, attempt + 1, together));
                oldDone.get();
                assertThat(youngDone.get()).isTrue();
            } finally {
                threads.shutdownNow();
            }

            young.commit(List.of(new RegistryChange.PutSlot(Records.slot("default-0"))));
            assertThatThrownBy(() -> old.commit(List.of()))
                    .isInstanceOfAny(FencedOutException.class, IllegalStateException.class);
        }
    }

    @Test
    void aLaterApplicationBeatsTheAttemptsOfAnEarlierOne() throws Exception {
        ZooKeeperApplicationMasterRegistry next = registry(second, "application_1700000000000_10000");
        old.claim(7);

        next.claim(1);

        assertThatThrownBy(() -> old.commit(List.of())).isInstanceOf(FencedOutException.class);
        assertThatThrownBy(() -> old.claim(8)).isInstanceOf(FencedOutException.class);
        next.close();
    }

    @Test
    void anAttemptOfARemovedServiceCannotWriteToItsSuccessor() throws Exception {
        old.claim(1);
        try (ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(second, "/sparkconnect", "test")) {
            operator.removeService();
        }
        young.claim(1);

        assertThatThrownBy(() -> old.commit(List.of(new RegistryChange.PutSlot(Records.slot("default-0")))))
                .isInstanceOf(FencedOutException.class);
        assertThat(young.readSlots()).isEmpty();
    }

    @Test
    void aClaimWaitsForZooKeeper() throws Exception {
        zooKeeper.stop();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (ZooKeeperConnection impatient =
                        ZooKeeperConnection.open(zooKeeper.quorum(), Duration.ofSeconds(6), Duration.ofMillis(200));
                ZooKeeperApplicationMasterRegistry master = registry(impatient, Records.APPLICATION)) {
            Future<?> claim = thread.submit(() -> {
                master.claim(1);
                return null;
            });
            await().during(Duration.ofSeconds(1)).until(() -> !claim.isDone());

            zooKeeper.restart();

            claim.get();
            master.commit(List.of(new RegistryChange.PutSlot(Records.slot("default-0"))));
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void writesNothingWithoutAClaim() {
        assertThatThrownBy(() -> old.commit(List.of())).isInstanceOf(IllegalStateException.class);
    }

    private static Callable<Boolean> claims(
            ZooKeeperApplicationMasterRegistry registry, int attempt, CyclicBarrier together) {
        return () -> {
            together.await();
            try {
                registry.claim(attempt);
                return true;
            } catch (FencedOutException e) {
                return false;
            }
        };
    }
}
