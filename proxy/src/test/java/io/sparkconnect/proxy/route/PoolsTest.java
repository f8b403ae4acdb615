/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.UserRule;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PoolsTest {
    private static final PoolRouting NO_RULES = new PoolRouting("default", List.of());

    private final RouterRig rig = RouterRig.withServers();

    @BeforeEach
    void twoPools() {
        rig.directory.pools(NO_RULES, "default", "etl");
        rig.directory.list(FakeServerDirectory.ofPool("d1", "default"));
        rig.directory.list(FakeServerDirectory.ofPool("e1", "etl"));
        rig.settle();
    }

    @Test
    void placesASessionInThePoolThatItsClientAsksForAndOthersInTheDefaultOne() {
        for (int i = 0; i < 20; i += 2) {
            assertThat(rig.open(rpc("ExecutePlan", session(i)), "etl").server()).isEqualTo("e1");
            assertThat(rig.serverOf(session(i + 1))).isEqualTo("d1");
        }
    }

    @Test
    void placesASessionByItsUsersRuleUnlessItsClientAsks() {
        rig.directory.pools(new PoolRouting("default", List.of(new UserRule("etl-*", "etl"))), "default", "etl");
        rig.settle();

        assertThat(rig.serverOf(new SessionKey("etl-nightly", "s1"))).isEqualTo("e1");
        assertThat(rig.serverOf(new SessionKey("ann", "s2"))).isEqualTo("d1");
        assertThat(rig.open(rpc("Config", new SessionKey("etl-nightly", "s3")), "default")
                        .server())
                .isEqualTo("d1");
    }

    @Test
    void aSessionKeepsItsPoolWhateverItsClientAsksForLater() {
        rig.open(rpc("Config", session(1)), "etl");

        assertThat(rig.open(rpc("ExecutePlan", session(1)), "default").server()).isEqualTo("e1");
        assertThat(rig.serverOf(session(1))).isEqualTo("e1");
        assertThat(rig.open(rpc("ExecutePlan", session(1)), "no-such-pool").server())
                .isEqualTo("e1");
        assertThat(rig.anotherProxy()
                        .open(rpc("ExecutePlan", session(1)), "default")
                        .server())
                .isEqualTo("e1");
        assertThat(Objects.requireNonNull(rig.table.bindings.get(session(1))).pool())
                .isEqualTo("etl");
    }

    @Test
    void ofTwoStreamsAtOnceTheFirstDecides() {
        RouterRig.Stream first = rig.begin(rpc("Config", session(1)), "etl");
        RouterRig.Stream second = rig.begin(rpc("ExecutePlan", session(1)), null);

        rig.settle();

        assertThat(first.server()).isEqualTo("e1");
        assertThat(second.server()).isEqualTo("e1");
    }

    @Test
    void aClientThatAsksForAPoolThatIsNotThereIsToldAtOnceWhichThereAre() {
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)), "elt");

        assertThat(stream.answer().code()).isEqualTo(StatusAnswers.INVALID_ARGUMENT);
        assertThat(stream.answer().message())
                .isEqualTo("x-pool: there is no pool elt (did you mean etl? there are: default, etl).");
        assertThat(rig.router.count(RouterEvent.UNKNOWN_POOL)).isEqualTo(1);
        assertThat(rig.open(rpc("Config", session(1)), "etl").server())
                .as("nothing was bound meanwhile")
                .isEqualTo("e1");
    }

    @Test
    void whatIsNoPoolsNameIsCutInTheAnswer() {
        String message =
                rig.open(rpc("Config", session(1)), "x".repeat(5000)).answer().message();

        assertThat(message).hasSizeLessThan(200).contains("there are: default, etl");
    }

    @Test
    void holdsSessionsByPoolAndServesEachWhenItsOwnServerComes() {
        rig.directory.dies("e1", DeathCause.SCALED_IN, 0);
        rig.directory.dies("d1", DeathCause.SCALED_IN, 0);
        rig.settle();
        RouterRig.Stream etl1 = rig.open(rpc("Config", session(1)), "etl");
        RouterRig.Stream etl2 = rig.open(rpc("Config", session(2)), "etl");
        RouterRig.Stream standard = rig.open(rpc("Config", session(3)));
        rig.tick();
        assertThat(rig.router.heldSessions()).containsExactlyInAnyOrderEntriesOf(Map.of("etl", 2, "default", 1));

        rig.directory.list(FakeServerDirectory.ofPool("d2", "default"));
        rig.tick();

        assertThat(standard.server()).isEqualTo("d2");
        assertThat(etl1.isDecided()).isFalse();
        assertThat(rig.router.heldSessions()).isEqualTo(Map.of("etl", 2));
        rig.directory.list(FakeServerDirectory.ofPool("e2", "etl"));
        rig.tick();
        assertThat(etl1.server()).isEqualTo("e2");
        assertThat(etl2.server()).isEqualTo("e2");
        assertThat(rig.router.heldSessions()).isEmpty();
    }

    @Test
    void aFullPoolIsSaidToBeFullWhileAnotherHasRoom() {
        rig.directory.list(
                FakeServerDirectory.with(FakeServerDirectory.ofPool("e1", "etl"), ServerState.READY, 60, 60));
        rig.settle();
        RouterRig.Stream stream = rig.open(rpc("ExecutePlan", session(1)), "etl");
        assertThat(rig.serverOf(session(2))).isEqualTo("d1");

        rig.pass(Duration.ofSeconds(6));

        assertThat(stream.answer().code()).isEqualTo(StatusAnswers.RESOURCE_EXHAUSTED);
        assertThat(stream.answer().message())
                .startsWith("Every Spark Connect server of pool etl has as many sessions as it may have (1 ready, 60"
                        + " sessions in all)")
                .contains("(sparkconnect.pool.etl.servers.max)")
                .contains("(sparkconnect.pool.etl.sessions.per.server)");
    }

    @Test
    void aFullPoolWaitsForItsOwnServersOnTheWayNotForThoseOfOthers() {
        rig.directory.list(
                FakeServerDirectory.with(FakeServerDirectory.ofPool("e1", "etl"), ServerState.READY, 60, 60));
        rig.directory.starting(Map.of("default", 3, "etl", 0));
        rig.settle();
        RouterRig.Stream refused = rig.open(rpc("ExecutePlan", session(1)), "etl");
        rig.pass(Duration.ofSeconds(6));
        assertThat(refused.reason()).isEqualTo("pool-full");

        rig.directory.starting(Map.of("default", 0, "etl", 1));
        RouterRig.Stream waits = rig.open(rpc("ExecutePlan", session(2)), "etl");
        rig.pass(Duration.ofSeconds(6));

        assertThat(waits.isDecided()).isFalse();
    }

    @Test
    void aPoolWithoutServersIsNamedWhenTheWaitIsOver() {
        rig.directory.dies("e1", DeathCause.SCALED_IN, 0);
        rig.settle();
        RouterRig.Stream stream = rig.open(rpc("ExecutePlan", session(1)), "etl");

        rig.pass(Duration.ofMinutes(3));

        assertThat(stream.answer().code()).isEqualTo(StatusAnswers.UNAVAILABLE);
        assertThat(stream.answer().message())
                .startsWith("No Spark Connect server of pool etl is ready to take a new session.");
    }

    @Test
    void whoWaitsForAPoolThatIsRemovedIsToldSo() {
        rig.directory.dies("e1", DeathCause.SCALED_IN, 0);
        rig.settle();
        RouterRig.Stream stream = rig.open(rpc("ExecutePlan", session(1)), "etl");
        assertThat(stream.isDecided()).isFalse();

        rig.directory.pools(NO_RULES, "default");
        rig.settle();

        assertThat(stream.reason()).isEqualTo("unknown-pool");
        assertThat(rig.open(rpc("ExecutePlan", session(2)), "etl").reason()).isEqualTo("unknown-pool");
    }

    @Test
    void whoWaitsIsPlacedByTheRulesOfNow() {
        rig.directory.dies("d1", DeathCause.SCALED_IN, 0);
        rig.settle();
        RouterRig.Stream stream = rig.open(rpc("ExecutePlan", session(1)));
        assertThat(stream.isDecided()).isFalse();

        rig.directory.pools(new PoolRouting("default", List.of(new UserRule("anna", "etl"))), "default", "etl");
        rig.settle();

        assertThat(stream.server()).isEqualTo("e1");
    }

    @Test
    void twoProxiesWithoutTheRegistryAgreeWithinThePool() {
        for (int i = 2; i < 6; i++) {
            rig.directory.list(FakeServerDirectory.ofPool("e" + i, "etl"));
        }
        RouterRig other = rig.anotherProxy();
        for (String server : rig.directory.servers().keySet()) {
            rig.held.put(server, List.of());
            other.held.put(server, List.of());
        }
        rig.directory.connected(false);
        rig.settle();
        other.settle();

        for (int i = 0; i < 20; i++) {
            String server = rig.open(rpc("ExecutePlan", session(i)), "etl").server();
            assertThat(server).startsWith("e");
            assertThat(other.open(rpc("ExecutePlan", session(i)), "etl").server())
                    .isEqualTo(server);
        }
    }

    @Test
    void showsPoolsWithTheirSessionsAndThoseThatWait() {
        rig.open(rpc("Config", session(1)), "etl");
        rig.directory.starting(Map.of("etl", 2));
        rig.directory.dies("d1", DeathCause.SCALED_IN, 0);
        rig.settle();
        rig.open(rpc("Config", session(2)));
        rig.tick();

        assertThat(rig.router.pools())
                .containsExactly(
                        new RouterView.PoolRow("default", 0, 0, 0, 1), new RouterView.PoolRow("etl", 1, 2, 1, 0));
        assertThat(rig.router.sessions(10))
                .extracting(RouterView.SessionRow::pool)
                .containsExactly("etl");
    }

    @Test
    void withoutASpecThePoolsAreThoseThatTheServersName() {
        RouterRig published = RouterRig.withServers();
        published.directory.list(FakeServerDirectory.ofPool("a1", "a"));
        published.directory.list(FakeServerDirectory.ofPool("b1", "b"));
        published.settle();

        assertThat(published.open(rpc("Config", session(1)), "b").server()).isEqualTo("b1");
        assertThat(published.serverOf(session(2))).isIn("a1", "b1");
        assertThat(published.open(rpc("Config", session(3)), "c").reason()).isEqualTo("unknown-pool");
    }
}
