/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody sets the clock of a proxy's machine, or two proxies' clocks differ. */
class ClockJumpTest {
    private static final Duration MOMENT = Duration.ofMillis(1);
    private static final StreamOutcome OK = new StreamOutcome.Answered(0);

    @ParameterizedTest
    @ValueSource(longs = {-1, 1, 3})
    void aStreamIsHeldForItsTimeNeitherShorterNorLonger(long hours) {
        RouterRig rig = RouterRig.withServers();
        RouterRig.Stream query = rig.open(rpc("Config", session(1)));
        rig.clock.isSet(Duration.ofHours(hours));

        rig.pass(RouterSettings.defaults().hold().minus(MOMENT));
        assertThat(query.isDecided()).isFalse();
        rig.pass(MOMENT);

        assertThat(query.reason()).isEqualTo("no-server");
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1, 3})
    void aQuestionToTheRegistryHasItsTime(long hours) {
        RouterRig rig = RouterRig.withServers("a");
        rig.held.put("a", List.of());
        rig.table.slow(true);
        RouterRig.Stream query = rig.open(rpc("Config", session(1)));
        rig.clock.isSet(Duration.ofHours(hours));

        rig.pass(RouterSettings.defaults().registryPatience().minus(MOMENT));
        assertThat(query.isDecided()).isFalse();
        rig.pass(MOMENT);

        assertThat(rig.router.count(RouterEvent.REGISTRY_FAILURES)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1, 3})
    void aServerIsSuspectForItsTime(long hours) {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.fails("a");
        rig.clock.isSet(Duration.ofHours(hours));

        rig.pass(RouterSettings.defaults().suspicion().minus(MOMENT));
        assertThat(rig.router.readyServers()).isEqualTo(1);
        assertThat(rig.router.servers())
                .filteredOn(row -> row.suspectUntilMs() > 0)
                .singleElement()
                .satisfies(row -> assertThat(row.suspectUntilMs())
                        .as("by the clock that people look at")
                        .isEqualTo(rig.clock.getAsLong() + 1));
        rig.pass(MOMENT);

        assertThat(rig.router.readyServers()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1, 3})
    void aBindingEndsWhenItWasIdleForItsTime(long hours) {
        RouterRig rig = RouterRig.withServers("a");
        use(rig, session(1));
        rig.pass(Duration.ofMinutes(30));
        rig.clock.isSet(Duration.ofHours(hours));

        passSlowly(rig, Duration.ofMinutes(99));
        assertThat(rig.table.bindings).containsKey(session(1));
        passSlowly(rig, Duration.ofMinutes(2));

        assertThat(rig.table.bindings).isEmpty();
        assertThat(rig.router.count(RouterEvent.EXPIRED)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {-3, -1, 1, 3})
    void aProxyWhoseClockIsWrongLeavesTheBindingsThatAnotherOneUses(long hours) {
        RouterRig right = RouterRig.withServers("a");
        RouterRig wrong = right.anotherProxyWhoseClockIs(Duration.ofHours(hours));
        use(right, session(1));
        use(right, session(2));

        for (int minute = 0; minute < 600; minute++) {
            if (minute % 9 == 0) {
                use(right, session(1));
            }
            passSlowly(right, Duration.ofMinutes(1));
            passSlowly(wrong, Duration.ofMinutes(1));
        }

        assertThat(right.table.bindings).containsOnlyKeys(session(1));
        assertThat(wrong.router.count(RouterEvent.EXPIRED)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3})
    void aBindingThatNobodyRemembersEndsThoughTheClockOfItsProxyWasAhead(long hours) {
        RouterRig wrong = RouterRig.withServers("a");
        wrong.clock.isSet(Duration.ofHours(hours));
        use(wrong, session(1));
        RouterRig right = wrong.anotherProxyWhoseClockIs(Duration.ofHours(-hours));

        passSlowly(right, Duration.ofHours(7 + hours));

        assertThat(right.table.bindings).isEmpty();
    }

    @Test
    void aClientThatComesToAProxyWhoseClockIsAheadKeepsItsServer() {
        RouterRig right = RouterRig.withServers("a", "b", "c");
        use(right, session(1));
        String server = right.table.serverOf(session(1));
        right.pass(Duration.ofMinutes(40));
        RouterRig wrong = right.anotherProxyWhoseClockIs(Duration.ofHours(3));
        wrong.held.put(server, List.of(session(1)));

        assertThat(wrong.serverOf(session(1))).isEqualTo(server);
        wrong.tick();

        assertThat(wrong.probes).isEqualTo(1);
        assertThat(wrong.table.serverOf(session(1))).isEqualTo(server);
        assertThat(wrong.router.count(RouterEvent.EXPIRED)).isZero();
    }

    @Test
    void aClientThatComesBackAfterItsServerForgotItsSessionIsPlacedAnew() {
        RouterRig rig = RouterRig.withServers("a");
        rig.held.put("a", List.of());
        rig.table.put(
                session(1), "a", rig.clock.getAsLong() - Duration.ofHours(3).toMillis());

        rig.serverOf(session(1));

        assertThat(rig.router.count(RouterEvent.EXPIRED)).isEqualTo(1);
        assertThat(rig.router.count(RouterEvent.PLACED)).isEqualTo(1);
    }

    @Test
    void whatIsWrittenIsOfTheMachinesClock() {
        RouterRig rig = RouterRig.withServers("a");
        rig.clock.isSet(Duration.ofHours(1));

        use(rig, session(1));

        long machineMs = rig.clock.getAsLong();
        assertThat(rig.table.bindings.values())
                .singleElement()
                .satisfies(record -> assertThat(record.lastUseMs()).isEqualTo(machineMs));
        rig.clock.isSet(Duration.ofHours(-2));
        assertThat(rig.router.sessions(1)).singleElement().satisfies(row -> {
            assertThat(row.createdAtMs()).isEqualTo(rig.clock.getAsLong());
            assertThat(row.lastUseMs()).isEqualTo(rig.clock.getAsLong());
        });
    }

    private static void use(RouterRig rig, SessionKey session) {
        String server = rig.serverOf(session);
        rig.ends(rpc("ExecutePlan", session), server, OK);
    }

    /** As the core thread sees it, though with fewer ticks. */
    private static void passSlowly(RouterRig rig, Duration time) {
        for (long step = 0; step < time.toSeconds() / 15; step++) {
            rig.pass(Duration.ofSeconds(15));
        }
    }
}
