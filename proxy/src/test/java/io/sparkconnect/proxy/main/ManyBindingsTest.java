/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.proxy.testkit.FakeSparkServer;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.ProxyProcess;
import io.sparkconnect.proxy.testkit.PublishedFleet;
import io.sparkconnect.proxy.testkit.WireClient;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A table of 100,000 bindings in a real ZooKeeper; what a proxy makes of it is logged where it is time or memory. */
class ManyBindingsTest {
    private static final Logger LOG = LoggerFactory.getLogger(ManyBindingsTest.class);
    private static final int BINDINGS = 100_000;
    private static final int PER_TRANSACTION = 500;

    @Test
    void aProxyIsUpAtOnceAndRoutesWithoutLoadingThem() throws Exception {
        try (PublishedFleet fleet = PublishedFleet.open();
                FakeSparkServer first = FakeSparkServer.start("container_1");
                FakeSparkServer second = FakeSparkServer.start("container_2")) {
            fleet.publish(first, second);
            Cost withoutAny = costOfAProxy(fleet, List.of());

            writeBindings(fleet);
            Random random = new Random(7);
            List<Integer> asked = new ArrayList<>(List.of(0, BINDINGS - 1));
            random.ints(200, 0, BINDINGS).forEach(asked::add);
            Cost withAll = costOfAProxy(fleet, asked);

            LOG.info(
                    "ready after {} ms with {} bindings in ZooKeeper, {} ms with none; resident {} KiB and {} KiB; first answer after {} ms",
                    withAll.readyMillis,
                    BINDINGS,
                    withoutAny.readyMillis,
                    withAll.residentKiB,
                    withoutAny.residentKiB,
                    withAll.firstAnswerMillis);
            assertThat(withAll.sessionsInMemory)
                    .isEqualTo(asked.stream().distinct().count());
        }
    }

    private record Cost(long readyMillis, long residentKiB, long firstAnswerMillis, long sessionsInMemory) {}

    private static Cost costOfAProxy(PublishedFleet fleet, List<Integer> asked) throws Exception {
        long start = System.nanoTime();
        try (ProxyProcess proxy = ProxyProcess.start(fleet.settings());
                WireClient client = new WireClient(proxy.address())) {
            proxy.awaitReady(2);
            long readyMillis = millisSince(start);
            long residentKiB = proxy.residentKiB();
            long asking = System.nanoTime();
            long firstAnswerMillis = 0;
            for (int number : asked) {
                String server = client.call("Config", Grpc.request(session(number), "alice", new byte[1]))
                        .message();
                firstAnswerMillis = firstAnswerMillis == 0 ? millisSince(asking) : firstAnswerMillis;
                assertThat(server).as("session %s", number).isEqualTo(serverOf(number));
            }
            return new Cost(readyMillis, residentKiB, firstAnswerMillis, proxy.metric("sessions"));
        }
    }

    private static String session(int number) {
        return new UUID(42, number).toString();
    }

    /** Not what hashing or a balance would find. */
    private static String serverOf(int number) {
        return number % 3 == 0 ? "container_1" : "container_2";
    }

    private static void writeBindings(PublishedFleet fleet) throws Exception {
        long now = System.currentTimeMillis();
        TreeMap<String, byte[]> nodes = new TreeMap<>();
        for (int i = 0; i < BINDINGS; i++) {
            SessionBinding binding = new SessionBinding("alice", session(i), serverOf(i), now, now);
            nodes.put(PublishedFleet.PATHS.session(new SessionKey("alice", session(i))), JsonCodec.encode(binding));
            nodes.put(bucket(session(i)), new byte[0]);
        }
        nodes.put(PublishedFleet.PATHS.sessions(), new byte[0]);
        ZooKeeper handle = fleet.bare();
        List<Op> some = new ArrayList<>();
        CountDownLatch done = new CountDownLatch((nodes.size() + PER_TRANSACTION - 1) / PER_TRANSACTION);
        AtomicReference<Code> failed = new AtomicReference<>();
        int left = nodes.size();
        for (var node : nodes.entrySet()) { // parents come before their children
            some.add(Op.create(node.getKey(), node.getValue(), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
            left--;
            if (some.size() == PER_TRANSACTION || left == 0) {
                handle.multi(
                        some,
                        (code, path, context, results) -> {
                            if (code != Code.OK.intValue()) {
                                failed.set(Code.get(code));
                            }
                            done.countDown();
                        },
                        null);
                some = new ArrayList<>();
            }
        }
        assertThat(done.await(5, TimeUnit.MINUTES)).isTrue();
        assertThat(failed.get()).isNull();
    }

    private static String bucket(String session) {
        String path = PublishedFleet.PATHS.session(new SessionKey("alice", session));
        return path.substring(0, path.lastIndexOf('/'));
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }
}
