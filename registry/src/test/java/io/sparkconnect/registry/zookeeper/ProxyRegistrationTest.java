/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryPaths;
import java.time.Duration;
import java.util.Map;
import org.apache.zookeeper.data.Stat;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProxyRegistrationTest {
    private static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "test");

    private final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    private final ZooKeeperConnection connection = zooKeeper.connect();
    private final ZooKeeperConnection watching = zooKeeper.connect();

    @AfterEach
    void close() {
        watching.close();
        connection.close();
        zooKeeper.close();
    }

    @Test
    void isThereWhileItLivesAndGoneWhenClosed() throws Exception {
        ProxyRegistration registration = new ProxyRegistration(connection, PATHS, Records.proxy("p1"));
        eventually().until(() -> stat() != null);

        registration.update(
                new ProxyRecord("p1", "primary:15002", "127.0.0.1:15003", 99, 12, 0, 1, Map.of(), Map.of()));
        eventually().until(() -> data().contains("\"connections\":99"));

        registration.close();
        assertThat(stat()).isNull();
    }

    @Test
    void registersAgainUnderItsNewSession() throws Exception {
        try (ProxyRegistration registration = new ProxyRegistration(connection, PATHS, Records.proxy("p1"))) {
            eventually().until(() -> stat() != null);
            long former = connection.handle().getSessionId();

            zooKeeper.injectSessionExpiry(connection);

            // Not there by the mercy of the former session, whose node would go with it.
            eventually().ignoreExceptions().until(() -> {
                Stat now = stat();
                return now != null
                        && now.getEphemeralOwner() != former
                        && now.getEphemeralOwner() == connection.handle().getSessionId();
            });
        }
    }

    @Test
    void comesBackAfterZooKeeperAndAfterSomebodyRemovedIt() throws Exception {
        try (ProxyRegistration registration = new ProxyRegistration(connection, PATHS, Records.proxy("p1"))) {
            eventually().until(() -> stat() != null);

            watching.handle().delete(PATHS.proxy("p1"), -1);
            eventually().until(() -> stat() != null);

            zooKeeper.stop();
            zooKeeper.restart();
            eventually().ignoreExceptions().until(() -> stat() != null);
            registration.update(
                    new ProxyRecord("p1", "primary:15002", "127.0.0.1:15003", 77, 12, 0, 1, Map.of(), Map.of()));
            eventually().ignoreExceptions().until(() -> data().contains("\"connections\":77"));
        }
    }

    private @Nullable Stat stat() throws Exception {
        return watching.handle().exists(PATHS.proxy("p1"), false);
    }

    private String data() throws Exception {
        return new String(watching.handle().getData(PATHS.proxy("p1"), false, null), UTF_8);
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(30));
    }
}
