/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.MiniYarnFixture;
import io.sparkconnect.registry.zookeeper.ZooKeeperFixture;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real ApplicationMaster in a real YARN, with light servers. */
class ApplicationMasterTest {
    @TempDir
    static Path clusterDir;

    private static MiniYarnFixture cluster;
    private static ZooKeeperFixture ensemble;

    @TempDir
    Path work;

    @BeforeAll
    static void startCluster() throws Exception {
        ensemble = ZooKeeperFixture.start();
        cluster = MiniYarnFixture.start(clusterDir);
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
        ensemble.close();
    }

    @Test
    void bringsUpTheServersThatAreWanted() throws Exception {
        try (LaunchedService service = LaunchedService.launch(cluster, ensemble, work, "up", 2)) {
            Set<String> ready = service.awaitReady(2);

            assertThat(ready).hasSize(2);
        }
    }
}
