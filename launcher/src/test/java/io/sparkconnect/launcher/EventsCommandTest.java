/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.WaysToDie;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EventsCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
        decides(980_000, "default-1: drains: the pool needs fewer servers");
        user.registry.deaths.add(new DeathCertificate(
                "container_9",
                "default",
                "default-1",
                "node-2:1",
                DeathCause.HEAP_EXHAUSTED,
                3,
                "exit status 3",
                List.of("first", "second", "third", "java.lang.OutOfMemoryError: Java heap space"),
                "raise sparkconnect.server.memory",
                "http://node-2:8042/node/containerlogs/container_9/ann",
                940_000));
        user.registry.spec = Objects.requireNonNull(user.registry.spec).next(960_000, "ann", "scale pool default");
    }

    @Test
    void tellsTheStoryOldestFirstWithAllThatHelps() {
        int exit = user.run("events");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.data())
                .containsPattern("1m0s +DEATH +default-1 +the driver ran out of heap")
                .contains(
                        "container_9 on node-2:1, exit status 3",
                        "do: raise sparkconnect.server.memory",
                        "log: http://node-2:8042/node/containerlogs/container_9/ann",
                        "| java.lang.OutOfMemoryError: Java heap space")
                .doesNotContain("| first")
                .containsPattern("40s +CHANGE +generation 6 +ann: scale pool default")
                .containsPattern("20s +DECISION +default-1 +drains: the pool needs fewer servers");
        assertThat(user.data().indexOf("DEATH")).isLessThan(user.data().indexOf("CHANGE"));
        assertThat(user.data().indexOf("CHANGE")).isLessThan(user.data().indexOf("DECISION"));
    }

    @ParameterizedTest
    @EnumSource
    void tellsOfEachWayToDieWhyWhatToDoAndWhereToLook(WaysToDie way) {
        user.registry.deaths.clear();
        user.registry.deaths.add(way.certificate("container_8", 940_000));

        user.run("events", "--kind", "death");

        assertThat(user.data())
                .containsPattern("DEATH +default-0 +\\Q" + way.cause().inWords() + "\\E")
                .contains(
                        "container_8 on n1:1, exit status " + way.exitStatus(),
                        "log: " + WaysToDie.logUrl("container_8"));
        if (way.remedy() != null) {
            assertThat(user.data()).contains("do: " + way.remedy());
        }
        if (way.lastLine() != null) {
            assertThat(user.data()).contains("| " + way.lastLine());
        }
    }

    @Test
    void showsAllOfStderrWhenAskedForMore() {
        user.run("events", "-o", "wide", "--kind", "death", "--no-headers");

        assertThat(user.data()).contains("| first").doesNotContain("AGO", "DECISION");
    }

    @Test
    void canBeCutByAgeAndNumber() {
        user.run("events", "--since", "50s");
        assertThat(user.data()).doesNotContain("DEATH").contains("CHANGE", "DECISION");
        assertThat(user.run("events", "--last", "0")).isEqualTo(2);
        user.run("events", "--last", "1", "-o", "json");

        assertThat(user.data()).contains("\"kind\" : \"DECISION\"").doesNotContain("\"kind\" : \"CHANGE\"");
    }

    @Test
    void watchingGoesOnThroughAnOutageOfZooKeeperAndSaysSoOnce() {
        user.meanwhile(() -> user.registry.away = true)
                .meanwhile(() -> {})
                .meanwhile(() -> {})
                .meanwhile(() -> {
                    user.registry.away = false;
                    decides(1_000_000, "default-2: container_10 is ready");
                })
                .meanwhile(() -> {})
                .interruptedThen();

        int exit = user.run("events", "--watch");

        assertThat(exit).isZero();
        assertThat(user.data()).contains("container_10 is ready").doesNotContain("ZooKeeper");
        assertThat(user.talk())
                .containsOnlyOnce("when ZooKeeper is back: no connection to zk:2181 within 10s")
                .containsOnlyOnce("ZooKeeper answers again");
    }

    @Test
    void aRegistryThatIsAwayFromTheBeginningIsAFailure() {
        user.registry.away = true;

        assertThat(user.run("events", "--watch")).isEqualTo(1);
    }

    @Test
    void showsWhoStopsTheService() {
        user.meanwhile(() -> {}).interruptedThen();
        user.run("stop", "--drain", "10m", "--no-wait");

        user.run("events", "--kind", "change");

        assertThat(user.data()).contains(System.getProperty("user.name") + ": stop, sessions may go on for 10m0s");
        assertThat(user.run("scale", "--min", "1")).isEqualTo(1);
        assertThat(user.talk())
                .contains("is being stopped: nothing about it can be changed; last change: "
                        + System.getProperty("user.name") + ", stop, sessions may go on for 10m0s");
    }

    @Test
    void watchingShowsEachEventOnce() {
        user.meanwhile(() -> {})
                .meanwhile(() -> decides(1_000_000, "default-2: container_10 is ready"))
                .interruptedThen();

        int exit = user.run("events", "--watch");

        assertThat(exit).isZero();
        assertThat(user.data()).containsOnlyOnce("ran out of heap").containsOnlyOnce("container_10 is ready");
        assertThat(user.data()).containsOnlyOnce("AGO");
    }

    @Test
    void refusesToLookWithoutAPause() {
        assertThat(user.run("events", "--watch=0s")).isEqualTo(2);

        assertThat(user.talk()).contains("--watch: 0ms (expected: at least 1s)");
    }

    private void decides(long atMs, String text) {
        ServiceStatus said = Objects.requireNonNull(user.registry.status);
        List<Decision> decisions = new java.util.ArrayList<>(said.decisions());
        decisions.add(new Decision(atMs, text));
        user.registry.status = new ServiceStatus(
                said.applicationId(),
                said.attempt(),
                said.webUrl(),
                said.generation(),
                said.state(),
                said.message(),
                said.launchedAtMs(),
                said.updatedAtMs(),
                said.pools(),
                said.slots(),
                decisions,
                said.spreading());
    }
}
