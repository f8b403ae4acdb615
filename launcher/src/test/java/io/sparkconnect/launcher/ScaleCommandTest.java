/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScaleCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
    }

    @Test
    void changesThePoolAndTheSettingsByOneGeneration() {
        int exit = user.run("scale", "--min", "3", "--max", "6");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool().minServers()).isEqualTo(3);
        assertThat(pool().maxServers()).isEqualTo(6);
        assertThat(spec().generation()).isEqualTo(6);
        assertThat(spec().settings())
                .containsEntry("sparkconnect.servers.min", "3")
                .containsEntry("sparkconnect.servers.max", "6");
        assertThat(spec().ordersOrNone().history()).singleElement().satisfies(change -> {
            assertThat(change.generation()).isEqualTo(6);
            assertThat(change.text()).isEqualTo("scale pool default from 2 to 10 servers to 3 to 6 servers");
        });
        assertThat(user.data())
                .contains("scale pool default from 2 to 10 servers to 3 to 6 servers")
                .contains("generation 6 of the spec");
    }

    @Test
    void repeatedItDoesNothing() {
        user.run("scale", "--min", "3");
        int exit = user.run("scale", "--min", "3");

        assertThat(exit).isZero();
        assertThat(spec().generation()).isEqualTo(6);
        assertThat(user.data()).contains("nothing to do");
    }

    @Test
    void aDryRunOnlySaysWhatItWouldDo() {
        int exit = user.run("scale", "--min", "4", "--dry-run");

        assertThat(exit).isZero();
        assertThat(user.data()).contains("would scale pool default from 2 to 10 servers to 4 to 10 servers");
        assertThat(spec().generation()).isEqualTo(5);
        assertThat(pool().minServers()).isEqualTo(2);
    }

    @Test
    void waitsUntilTheServersAreReady() {
        user.meanwhile(() -> user.says(6, new PoolStatus(3, 2, 1, 0, 6, 0, null)))
                .meanwhile(() -> user.says(6, new PoolStatus(3, 3, 0, 0, 6, 0, null)));

        int exit = user.run("scale", "--min", "3", "--wait");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.talk())
                .containsSubsequence(
                        "waits for the ApplicationMaster to read generation 6",
                        "pool default: 2 of 3 servers ready; servers are missing");
        assertThat(user.data()).contains("pool default has 3 ready servers");
    }

    @Test
    void saysWhatItWaitedForWhenTimeIsUp() {
        user.meanwhile(() -> user.says(6, new PoolStatus(3, 2, 1, 0, 6, 0, null)));

        int exit = user.run("scale", "--min", "3", "--wait=10s");

        assertThat(exit).isEqualTo(4);
        assertThat(user.talk()).contains("not brought about within 10s", "2 of 3 servers ready", "it goes on");
        assertThat(spec().generation()).as("the wish stands").isEqualTo(6);
    }

    @Test
    void doneInADegradedServiceIsAnExitCodeOfItsOwn() {
        user.says(5, new PoolStatus(2, 2, 0, 0, 0, 0, null));
        user.registry.status =
                CommandLineFixture.withState(user.registry.status, ServiceState.DEGRADED, "pool etl: 0 of 1");

        int exit = user.run("scale", "--min", "2", "--wait");

        assertThat(exit).isEqualTo(6);
        assertThat(user.talk()).contains("warning: the service is DEGRADED: pool etl: 0 of 1");
    }

    @Test
    void refusesSizesThatCannotBe() {
        assertThat(user.run("scale")).isEqualTo(2);
        assertThat(user.run("scale", "--min", "12")).isEqualTo(2);
        assertThat(user.run("scale", "--min", "-1", "--max", "0")).isEqualTo(2);
        assertThat(user.run("scale", "--min", "many")).isEqualTo(2);

        assertThat(user.talk())
                .contains("to what? (expected: --min, --max or both)")
                .contains("--min: 12 (expected: at most 10, which is the pool's maximum; or give --max too)")
                .contains("--min: -1 (expected: 0 to 1000)", "--max: 0 (expected: 1 to 1000)")
                .contains("'many' is not an int");
        assertThat(spec().generation()).isEqualTo(5);
    }

    @Test
    void namesTheNearestPool() {
        int exit = user.run("scale", "--pool", "defualt", "--min", "3");

        assertThat(exit).isEqualTo(3);
        assertThat(user.talk()).contains("no pool defualt (did you mean default? there are: default)");
    }

    @Test
    void doesNotOverwriteWhatSomebodyElseChangedMeanwhile() {
        user.registry.beforeUpdate = () -> user.registry.spec = spec().withPool(pool().withServers(8, 10))
                .next(0, "bob", "scale pool default from 2 to 10 servers to 8 to 10 servers");

        int exit = user.run("scale", "--min", "3");

        assertThat(exit).isEqualTo(1);
        assertThat(pool().minServers()).isEqualTo(8);
        assertThat(user.talk())
                .contains("the spec was changed meanwhile: nothing was written; last change: bob, scale pool default")
                .contains("it would now be: scale pool default from 8 to 10 servers to 3 to 10 servers");
    }

    @Test
    void isDoneWhenSomebodyElseDidTheSameMeanwhile() {
        user.registry.beforeUpdate = () -> user.registry.spec = spec().withPool(pool().withServers(3, 10))
                .next(0, "bob", "scale pool default from 2 to 10 servers to 3 to 10 servers");

        int exit = user.run("scale", "--min", "3");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(spec().generation()).isEqualTo(6);
        assertThat(user.talk()).contains("somebody else did it meanwhile; last change: bob, scale pool default");
        assertThat(user.data()).contains("nothing to do: all is so already (generation 6)");
    }

    @Test
    void saysAtOnceThatAnotherSizeIsWishedMeanwhile() {
        user.meanwhile(() -> user.registry.spec = spec().next(0, "eve", "drain node n"))
                .meanwhile(() -> user.registry.spec =
                        spec().withPool(pool().withServers(1, 1)).next(0, "bob", "scale it down"));

        int exit = user.run("scale", "--min", "3", "--wait");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk())
                .contains("what generation 6 wished is not wished any more, by generation 8 (bob, scale it down)");
    }

    @Test
    void warnsOfServersThatTheQueueCannotHold() {
        int exit = user.run("scale", "--min", "500", "--max", "500");

        assertThat(exit).isZero();
        assertThat(user.talk())
                .contains("warning: queue sparkconnect may grow to 6553 MiB")
                .contains("but sparkconnect.servers.min is 500; the others will wait");
    }

    @Test
    void warnsOfServersThatCannotCountTheirSessionsWhenTheyAreToBeGivenUp() throws IOException {
        user.withSpark35();
        user.yarn.away = "the ResourceManager is away";
        user.run("set", "sparkconnect.servers.max=2", "sparkconnect.servers.min=2");
        assertThat(user.talk()).doesNotContain("cannot count its sessions");

        user.run("scale", "--max", "4");

        assertThat(user.talk())
                .contains(
                        "warning: pool default: Spark 3.5.7 cannot count its sessions: once a proxy has restarted, a server that is"
                                + " given up drains without end, unless sparkconnect.scaling.in.drain.timeout is set (12h, say)");
    }

    @Test
    void isNotRefusedForWhatWasSoBefore() {
        user.yarn.queues.removeIf(queue -> queue.name().equals("default"));

        int exit = user.run("scale", "--min", "1");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.talk()).contains("warning: sparkconnect.executors.queue: default (no such queue");
    }

    @Test
    void worksWhileTheResourceManagerIsAway() {
        user.yarn.away = "the ResourceManager (rm:8032) cannot be reached";

        assertThat(user.run("scale", "--min", "3")).isZero();
        assertThat(user.talk()).contains("warning: whether the cluster has room is not checked: the ResourceManager");
    }

    @Test
    void goesTogetherWithAnotherChangeMadeMeanwhile() {
        user.registry.beforeUpdate = () -> user.registry.spec =
                spec().withOrders(spec().ordersOrNone().undrainNode("n")).next(0, "bob", "undrain node n");

        int exit = user.run("scale", "--min", "3");

        assertThat(exit).isZero();
        assertThat(spec().generation()).isEqualTo(7);
        assertThat(user.talk()).contains("another change came in between; both are in generation 7");
    }

    @Test
    void changesNothingAtAnotherGenerationThanExpected() {
        int exit = user.run("scale", "--min", "3", "--if-generation", "4");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk()).contains("the spec is at generation 5, not 4");
        assertThat(pool().minServers()).isEqualTo(2);
    }

    @Test
    void refusesAServiceThatIsBeingStopped() {
        user.registry.spec = spec().stopped(0);

        int exit = user.run("scale", "--min", "3");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk()).contains("service sparkconnect is being stopped");
    }

    @Test
    void answersInJsonAndYaml() {
        user.run("scale", "--min", "3", "-o", "json");
        user.run("scale", "--min", "3", "-o", "yaml");

        assertThat(user.data())
                .contains("\"generation\" : 6", "\"changed\" : true")
                .contains("generation: 6", "changed: false", "steps: []");
    }

    @Test
    void saysWhichServiceIsNotThere() {
        user.registry.spec = null;
        user.registry.services.add("sparkconnect");

        assertThat(user.run("scale", "--min", "3", "--service", "sparkconect")).isEqualTo(3);
        assertThat(user.talk()).contains("no service sparkconect (did you mean sparkconnect?");
    }

    private ServiceSpec spec() {
        return Objects.requireNonNull(user.registry.spec);
    }

    private PoolSpec pool() {
        return Objects.requireNonNull(spec().pools().get("default"));
    }
}
