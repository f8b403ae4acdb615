/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.am.core.RegistryImage;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import io.sparkconnect.registry.zookeeper.ZooKeeperApplicationMasterRegistry;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperFixture;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What 200 servers that are all busy cost ZooKeeper, on a clock of the test's own. */
class ManyBusyServersTest {
    private static final int SERVERS = 200;
    private static final String APPLICATION = "application_1700000000000_0001";

    /** Each server's load is published every ten seconds, which makes twenty a second of 200. */
    private static final Duration BETWEEN_TWO_LOADS = Duration.ofMillis(50);

    /** For a machine that has other things to do. */
    private static final Duration SOON = Duration.ofMinutes(1);

    private final AtomicLong nanos = new AtomicLong(1);
    private final List<ServiceStatus> told = new CopyOnWriteArrayList<>();
    private final AtomicLong serversTold = new AtomicLong();
    private final int[] operations = new int[SERVERS];
    private final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    private final ZooKeeperConnection connection = zooKeeper.connect();
    private final ZooKeeperApplicationMasterRegistry registry =
            new ZooKeeperApplicationMasterRegistry(connection, RegistryPaths.of("/sparkconnect", "busy"), APPLICATION);
    private final RegistryWriter writer = new RegistryWriter(
            counted(),
            1,
            new ServiceSpec(1, "busy", "ana", DesiredState.RUNNING, 0, Map.of(), Map.of()),
            new Ownership(Duration.ofSeconds(10), nanos::get),
            event -> {},
            reason -> {},
            Clock.systemUTC());
    private final Thread thread = new Thread(() -> {
        try {
            writer.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    });

    @BeforeEach
    void start() throws Exception {
        registry.claim(1);
        thread.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        writer.stop();
        thread.join(10_000);
        registry.close();
        connection.close();
        zooKeeper.close();
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void theirLoadsAreToldTogetherAndWhatHappensAtOnce() throws Exception {
        writer.want(image(SlotState.READY));
        await().atMost(SOON).until(() -> serversTold.get() >= SERVERS && !told.isEmpty());
        told.clear();
        int loads = 20 * 20;

        for (int step = 1; step <= loads; step++) {
            nanos.addAndGet(BETWEEN_TWO_LOADS.toNanos());
            operations[step % SERVERS]++;
            wantAndAwait(SlotState.READY);
        }

        long simulatedSeconds = BETWEEN_TWO_LOADS.multipliedBy(loads).toSeconds();
        long bytes = told.stream()
                .mapToLong(status -> JsonCodec.encode(status).length)
                .sum();
        assertThat(told).as("writes of the status in %d s", simulatedSeconds).hasSizeBetween(2, 8);
        assertThat(bytes / simulatedSeconds).as("bytes of it a second").isLessThan(40_000);

        operations[0]++;
        wantAndAwait(SlotState.DRAINING);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(told)
                        .last()
                        .satisfies(status ->
                                assertThat(status.slots().get(0).state()).isEqualTo(SlotState.DRAINING)));

        operations[1]++;
        wantAndAwait(SlotState.DRAINING);
        nanos.addAndGet(StatusNews.LOADS_AT_MOST_EVERY.toNanos());
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(registry.readStatus())
                        .hasValueSatisfying(status ->
                                assertThat(status.slots().get(1).operations()).isEqualTo(operations[1])));
    }

    /** Until the writer has gone through its turn: a server's own record is written with each of its loads. */
    private void wantAndAwait(SlotState first) {
        long before = serversTold.get();
        writer.want(image(first));
        await().atMost(SOON).pollInterval(Duration.ofMillis(2)).until(() -> serversTold.get() > before);
    }

    private RegistryImage image(SlotState first) {
        List<SlotStatus> slots = new ArrayList<>();
        Map<String, ServerRecord> servers = new java.util.HashMap<>();
        for (int i = 0; i < SERVERS; i++) {
            String id = "container_1700000000000_0001_01_%06d".formatted(i + 2);
            slots.add(slot(i, id, i == 0 ? first : SlotState.READY));
            servers.put(id, server(i, id));
        }
        PoolStatus pool = new PoolStatus(SERVERS, SERVERS, 0, 0, 7 * SERVERS, 0, null);
        return new RegistryImage(
                Map.of(),
                servers,
                Map.of(),
                new ServiceStatus(
                        APPLICATION,
                        1,
                        "http://master:4040",
                        1,
                        ServiceState.READY,
                        "",
                        1,
                        nanos.get() / 1_000_000,
                        Map.of("default", pool),
                        slots,
                        List.of(),
                        null));
    }

    private SlotStatus slot(int i, String id, SlotState state) {
        return new SlotStatus(
                "default-" + i,
                "default",
                state,
                1_700_000_000_000L,
                id,
                "node-" + i + ".example.org:8041",
                "node-" + i + ".example.org:40123",
                7,
                operations[i],
                500_000_000L + operations[i],
                4_000_000_000L,
                0,
                null,
                "http://node-" + i + ".example.org:8042/node/containerlogs/" + id + "/ana",
                "application_1700000000000_%04d".formatted(i + 2),
                0);
    }

    private ServerRecord server(int i, String id) {
        return new ServerRecord(
                id,
                "instance-" + i,
                "node-" + i + ".example.org",
                40123,
                "default",
                "4.0.1",
                ServerState.READY,
                new ServerLoad(7, operations[i], 500_000_000L, 4_000_000_000L),
                60,
                "default-" + i,
                null,
                null,
                null,
                1);
    }

    /** The real registry; what is written of status and servers is noted once it is written. */
    private ApplicationMasterRegistry counted() {
        return (ApplicationMasterRegistry) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ApplicationMasterRegistry.class},
                (self, method, arguments) -> {
                    try {
                        Object answer = method.invoke(registry, arguments);
                        if (method.getName().equals("commit")) {
                            note((List<?>) arguments[0]);
                        }
                        return answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void note(List<?> changes) {
        for (Object change : changes) {
            if (change instanceof RegistryChange.PutStatus put) {
                told.add(put.status());
            } else if (change instanceof RegistryChange.PutServer) {
                serversTold.incrementAndGet();
            }
        }
    }
}
