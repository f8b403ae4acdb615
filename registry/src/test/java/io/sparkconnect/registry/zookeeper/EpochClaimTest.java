/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryPaths;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EpochClaimTest {
    private static final String EPOCH =
            RegistryPaths.of("/sparkconnect", "test").epoch();

    private final ZooKeeperFixture fixture = ZooKeeperFixture.start();
    private final ZooKeeperConnection connection = fixture.connect();
    private final BlockingZooKeeper zooKeeper = new BlockingZooKeeper(connection);

    @AfterEach
    void close() {
        connection.close();
        fixture.close();
    }

    @Test
    void takesAwayAClaimThatIsMadeWhileItLooksAround() throws Exception {
        EpochClaim young = EpochClaim.make(overtakenBy(1), EPOCH, attempt(2));

        assertThat(zooKeeper.children(EPOCH)).hasSize(1);
        assertThat(young.path()).endsWith(zooKeeper.children(EPOCH).get(0));
    }

    @Test
    void givesWayToALaterClaimThatIsMadeWhileItLooksAround() throws Exception {
        assertThatThrownBy(() -> EpochClaim.make(overtakenBy(3), EPOCH, attempt(2)))
                .isInstanceOf(FencedOutException.class);

        assertThat(zooKeeper.children(EPOCH)).hasSize(1);
    }

    /** Lets another attempt claim behind the first look at the claims. */
    private BlockingZooKeeper overtakenBy(int attempt) {
        return new BlockingZooKeeper(connection) {
            private boolean overtaken;

            @Override
            List<String> children(String path) throws RegistryAwayException, InterruptedException {
                List<String> seen = super.children(path);
                if (!overtaken) {
                    overtaken = true;
                    try {
                        EpochClaim.make(zooKeeper, EPOCH, attempt(attempt));
                    } catch (FencedOutException e) {
                        throw new AssertionError("nobody came before", e);
                    }
                }
                return seen;
            }
        };
    }

    private static Epoch attempt(int number) {
        return new Epoch(Records.APPLICATION, number);
    }
}
