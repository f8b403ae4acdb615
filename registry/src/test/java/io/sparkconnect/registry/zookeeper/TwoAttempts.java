/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.RegistryPaths;
import org.junit.jupiter.api.AfterEach;

/** A real ZooKeeper, and two attempts of one application on connections of their own. */
abstract class TwoAttempts {
    static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "test");

    final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    final ZooKeeperConnection first = zooKeeper.connect();
    final ZooKeeperConnection second = zooKeeper.connect();
    final ZooKeeperApplicationMasterRegistry old = registry(first, Records.APPLICATION);
    final ZooKeeperApplicationMasterRegistry young = registry(second, Records.APPLICATION);

    @AfterEach
    void close() {
        old.close();
        young.close();
        first.close();
        second.close();
        zooKeeper.close();
    }

    static ZooKeeperApplicationMasterRegistry registry(ZooKeeperConnection connection, String application) {
        return new ZooKeeperApplicationMasterRegistry(connection, PATHS, application);
    }
}
