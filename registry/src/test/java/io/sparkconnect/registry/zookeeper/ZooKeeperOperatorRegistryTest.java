/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServiceSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ZooKeeperOperatorRegistryTest {
    private final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    private final ZooKeeperConnection connection = zooKeeper.connect();
    private final ZooKeeperOperatorRegistry registry =
            new ZooKeeperOperatorRegistry(connection, "/company/sparkconnect", "test");

    @AfterEach
    void close() {
        registry.close();
        connection.close();
        zooKeeper.close();
    }

    @Test
    void createsAServiceOnce() throws Exception {
        assertThat(registry.readSpec()).isEmpty();
        assertThat(registry.createSpec(Records.spec("test"))).isTrue();
        assertThat(registry.createSpec(Records.spec("test"))).isFalse();

        assertThat(registry.readSpec()).contains(Records.spec("test"));
        assertThat(registry.listServices()).containsExactly("test");
    }

    @Test
    void aServiceThatIsNotThereIsNotChanged() throws Exception {
        assertThat(registry.updateSpec(spec -> spec.stopped(0))).isEmpty();
        assertThat(registry.readStatus()).isEmpty();
        assertThat(registry.readDeaths()).isEmpty();
        assertThat(registry.readProxies()).isEmpty();
        assertThat(registry.listServices()).isEmpty();
        registry.removeService();
    }

    @Test
    void noChangeOfCommandsAtTheSameTimeIsLost() throws Exception {
        registry.createSpec(Records.spec("test"));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> commands = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                commands.add(threads.submit(() -> {
                    for (int change = 0; change < 25; change++) {
                        registry.updateSpec(spec -> spec.stopped(0));
                    }
                    return null;
                }));
            }
            for (Future<?> command : commands) {
                command.get();
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(registry.readSpec().orElseThrow().generation()).isEqualTo(101);
    }

    @Test
    void aChangeKeepsTheFieldsOfOtherVersions() throws Exception {
        registry.createSpec(Records.spec("test"));
        String path = "/company/sparkconnect/test/spec";
        String json = new String(connection.handle().getData(path, false, null), UTF_8);
        connection
                .handle()
                .setData(path, json.replaceFirst("\\{", "{\"colour\":\"blue\",").getBytes(UTF_8), -1);

        ServiceSpec changed = registry.updateSpec(spec -> spec.stopped(5)).orElseThrow();

        assertThat(changed.desired()).isEqualTo(DesiredState.STOPPED);
        assertThat(new String(connection.handle().getData(path, false, null), UTF_8))
                .contains("\"colour\":\"blue\"")
                .contains("\"generation\":2");
    }

    @Test
    void saysWhichNodeIsGarbage() throws Exception {
        registry.createSpec(Records.spec("test"));
        connection.handle().setData("/company/sparkconnect/test/spec", "[]".getBytes(UTF_8), -1);

        assertThatThrownBy(registry::readSpec)
                .isInstanceOf(RegistryDataException.class)
                .hasMessageContaining("/company/sparkconnect/test/spec");
    }

    @Test
    void saysWhichZooKeeperIsAway() throws Exception {
        zooKeeper.stop();
        try (ZooKeeperConnection impatient =
                ZooKeeperConnection.open(zooKeeper.quorum(), Duration.ofSeconds(6), Duration.ofMillis(300))) {
            ZooKeeperOperatorRegistry away = new ZooKeeperOperatorRegistry(impatient, "/sparkconnect", "test");

            assertThatThrownBy(away::readSpec)
                    .isInstanceOf(RegistryAwayException.class)
                    .hasMessageContaining(zooKeeper.quorum())
                    .hasMessageContaining("300 ms");
        }
    }

    @Test
    void refusesAQuorumThatIsNone() {
        assertThatThrownBy(() -> ZooKeeperConnection.open("host:port:x", Duration.ofSeconds(6), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host:port:x");
    }
}
