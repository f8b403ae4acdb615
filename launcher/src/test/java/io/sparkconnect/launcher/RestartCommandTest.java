/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ServiceSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestartCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
    }

    @Test
    void wishesANewRevisionOfThePool() {
        int exit = user.run("restart", "--rolling");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(rollout()).isEqualTo(new RolloutOrder(6, "restart", false, 1, null));
        assertThat(spec().generation()).isEqualTo(6);
        assertThat(user.data()).contains("restart the servers of pool default one by one, 1 above its size meanwhile");
    }

    @Test
    void withoutRollingItWarnsThatNewSessionsWait() {
        user.run("restart");

        assertThat(rollout().atOnce()).isTrue();
        assertThat(user.talk()).contains("warning: new sessions of pool default wait until a new server is ready");
    }

    @Test
    void repeatedWhileItIsUnderWayItDoesNothing() {
        user.run("restart", "--rolling");
        user.run("restart", "--rolling");
        assertThat(spec().generation()).isEqualTo(6);
        says(6, RolloutState.RUNNING, 1, "");
        user.run("restart", "--rolling");
        assertThat(spec().generation()).isEqualTo(6);

        says(6, RolloutState.DONE, 2, "");
        user.run("restart", "--rolling");

        assertThat(rollout().revision()).isEqualTo(7);
    }

    @Test
    void goesOnAllAtOnceWhenThatIsWishedMeanwhile() {
        user.run("restart", "--rolling");
        says(6, RolloutState.RUNNING, 1, "");

        user.run("restart");

        assertThat(rollout()).isEqualTo(new RolloutOrder(6, "restart", true, 1, null));
        assertThat(spec().generation()).isEqualTo(7);
    }

    @Test
    void waitsUntilAllAreNew() {
        user.meanwhile(() -> says(6, RolloutState.RUNNING, 1, "default-0 drains 2 sessions"))
                .meanwhile(() -> says(6, RolloutState.DONE, 2, ""));

        int exit = user.run("restart", "--rolling", "--wait");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.talk()).contains("pool default: 1 new servers ready; default-0 drains 2 sessions");
        assertThat(user.data()).contains("pool default has 2 new servers");
    }

    @Test
    void failsWhenItIsGivenUp() {
        user.meanwhile(() -> says(6, RolloutState.ROLLED_BACK, 2, "3 new servers failed, the last: exit status 1"));

        int exit = user.run("restart", "--rolling", "--wait");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk()).contains("given up, what worked before goes on: 3 new servers failed");
    }

    @Test
    void doesNotDisturbAnUpgrade() {
        PoolSpec pool = pool();
        user.registry.spec = spec().withPool(pool.withRollout(new RolloutOrder(5, "Spark home /x", false, 1, pool)));
        says(5, RolloutState.RUNNING, 1, "");
        assertThat(user.run("restart", "--rolling")).isEqualTo(1);
        says(5, RolloutState.ROLLED_BACK, 2, "3 new servers failed");
        assertThat(user.run("restart", "--rolling")).isEqualTo(1);

        assertThat(user.talk())
                .contains("pool default is in the middle of \"Spark home /x\"")
                .contains("pool default went back from \"Spark home /x\": 3 new servers failed (`rollback` makes that");
    }

    @Test
    void refusesASurgeBelowZero() {
        assertThat(user.run("restart", "--rolling", "--max-surge", "-1")).isEqualTo(2);
        assertThat(user.talk()).contains("--max-surge: -1 (expected: 0 to 1000)");
    }

    private void says(long revision, RolloutState state, int updated, String message) {
        user.says(
                spec().generation(),
                new PoolStatus(2, 2, 0, 0, 0, 0, null, new RolloutStatus(revision, state, updated, 2, message)));
    }

    private ServiceSpec spec() {
        return Objects.requireNonNull(user.registry.spec);
    }

    private PoolSpec pool() {
        return Objects.requireNonNull(spec().pools().get("default"));
    }

    private RolloutOrder rollout() {
        return Objects.requireNonNull(pool().rollout());
    }
}
