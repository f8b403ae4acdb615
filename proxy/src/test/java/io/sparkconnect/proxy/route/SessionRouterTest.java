/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.seen;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionRouterTest {
    private static final StreamOutcome OK = new StreamOutcome.Answered(0);

    @Test
    void sendsEveryRpcOfASessionToTheSameServer() {
        RouterRig rig = RouterRig.withServers("a", "b", "c");

        String server = rig.serverOf(session(1));

        for (String method : List.of("Config", "AnalyzePlan", "ReattachExecute", "Interrupt", "BatchExecutePlan")) {
            assertThat(rig.open(rpc(method, session(1))).server()).isEqualTo(server);
        }
    }

    @Test
    void treatsTheSameSessionIdOfAnotherUserAsAnotherSession() {
        RouterRig rig = RouterRig.withServers("a", "b");
        SessionKey annas = session(1);
        SessionKey berts = new SessionKey("bert", annas.sessionId());

        String one = rig.serverOf(annas);
        String other = rig.serverOf(berts);

        assertThat(other).isNotEqualTo(one);
    }

    @Test
    void writesTheBindingBeforeTheFirstByteGoesOut() {
        RouterRig rig = RouterRig.withServers("a");
        rig.table.slow(true);

        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        assertThat(stream.isDecided()).isFalse();
        rig.table.answerAll();
        rig.settle();
        assertThat(stream.isDecided()).isFalse();
        rig.table.answerAll();
        rig.settle();

        assertThat(stream.server()).isEqualTo("a");
        assertThat(rig.table.serverOf(session(1))).isEqualTo("a");
    }

    @Test
    void givesConcurrentFirstRpcsOneBinding() {
        RouterRig rig = RouterRig.withServers("a", "b", "c");
        rig.table.slow(true);
        List<RouterRig.Stream> streams = IntStream.range(0, 50)
                .mapToObj(i -> rig.begin(rpc("Config", session(1))))
                .toList();

        for (int i = 0; i < 3; i++) {
            rig.settle();
            rig.table.answerAll();
        }
        rig.settle();

        assertThat(streams)
                .extracting(RouterRig.Stream::server)
                .containsOnly(streams.get(0).server());
        assertThat(rig.table.calls).containsExactly("find", "bind");
    }

    @Test
    void obeysTheBindingOfAnotherProxy() {
        RouterRig one = RouterRig.withServers("a", "b", "c");
        RouterRig other = one.anotherProxy();

        for (int i = 0; i < 30; i++) {
            RouterRig first = i % 2 == 0 ? one : other;
            RouterRig second = i % 2 == 0 ? other : one;
            assertThat(second.serverOf(session(i))).isEqualTo(first.serverOf(session(i)));
        }
    }

    @Test
    void letsTheFirstOfTwoProxiesWinWhenBothBindAtOnce() {
        RouterRig one = RouterRig.withServers("a", "b", "c");
        RouterRig other = one.anotherProxy();
        other.serverOf(session(100)); // so that both would choose differently
        one.table.slow(true);
        RouterRig.Stream atOne = one.open(rpc("Config", session(1)));
        RouterRig.Stream atOther = other.open(rpc("Config", session(1)));

        for (int i = 0; i < 3; i++) {
            one.table.answerAll();
            one.settle();
            other.settle();
        }

        assertThat(atOther.server()).isEqualTo(atOne.server());
    }

    @Test
    void spreadsABurstOfNewSessions() {
        RouterRig rig = RouterRig.withServers("a", "b", "c");

        Map<String, Integer> perServer = new HashMap<>();
        for (int i = 0; i < 30; i++) {
            perServer.merge(rig.serverOf(session(i)), 1, Integer::sum);
        }

        assertThat(perServer).containsExactlyInAnyOrderEntriesOf(Map.of("a", 10, "b", 10, "c", 10));
    }

    @Test
    void goesOnWithADrainingServerButPlacesNothingThere() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));
        rig.directory.draining("a");
        rig.directory.list("b");

        assertThat(rig.serverOf(session(1))).isEqualTo("a");
        for (int i = 2; i < 10; i++) {
            assertThat(rig.serverOf(session(i))).isEqualTo("b");
        }
    }

    @Test
    void namesTheCauseWhenTheServerIsGone() {
        RouterRig rig = RouterRig.withServers("a", "b");
        String server = rig.serverOf(session(1));

        rig.directory.dies(server, DeathCause.KILLED, 137);
        rig.settle();
        StatusAnswer answer = rig.open(seen("ExecutePlan", session(1))).answer();

        assertThat(answer.code()).isEqualTo(13);
        assertThat(answer.message())
                .contains("[INVALID_HANDLE.SESSION_CHANGED]")
                .contains("Spark Connect server " + server + " on node-of-" + server
                        + " is gone: the driver process was killed from outside (SIGKILL), exit status 137.")
                .contains("Logs: http://logs/" + server)
                .contains("SparkSession.builder.getOrCreate()");
    }

    @Test
    void keepsRefusingALostSessionAndNeverMovesItSilently() {
        RouterRig rig = RouterRig.withServers("a", "b");
        String server = rig.serverOf(session(1));
        rig.directory.dies(server, DeathCause.HEAP_EXHAUSTED, 3);

        for (String method : List.of("ExecutePlan", "ReattachExecute", "AddArtifacts", "Config", "GetStatus")) {
            rig.pass(Duration.ofMinutes(10));
            assertThat(rig.open(rpc(method, session(1))).reason()).isEqualTo("session-changed");
            assertThat(rig.anotherProxy().open(rpc(method, session(1))).reason())
                    .isEqualTo("session-changed");
        }
        for (String method : List.of("ReleaseExecute", "ReleaseSession")) {
            StatusAnswer answer = rig.open(rpc(method, session(1))).answer();
            assertThat(answer.code()).isZero();
            assertThat(new String(answer.responseMessage(), UTF_8))
                    .endsWith(session(1).sessionId());
        }
    }

    @Test
    void waitsAMomentForALateDeathCertificate() {
        RouterRig rig = RouterRig.withServers("a", "b");
        String server = rig.serverOf(session(1));
        rig.directory.loses(server);
        rig.settle();

        RouterRig.Stream stream = rig.open(rpc("ExecutePlan", session(1)));
        assertThat(stream.isDecided()).isFalse();
        rig.directory.certify(server, DeathCause.NODE_LOST, -100);
        rig.settle();

        assertThat(stream.answer().message()).contains("the node that ran it was lost");
    }

    @Test
    void saysThatTheCauseIsUnknownWhenNoCertificateComes() {
        RouterRig rig = RouterRig.withServers("a", "b");
        String server = rig.serverOf(session(1));
        rig.directory.loses(server);
        rig.settle();

        RouterRig.Stream stream = rig.open(rpc("ExecutePlan", session(1)));
        rig.pass(Duration.ofSeconds(6));

        assertThat(stream.answer().message()).contains(server + " is gone").contains("cause of death is unknown");
        assertThat(rig.open(rpc("Config", session(1))).reason()).isEqualTo("session-changed");
    }

    @Test
    void waitsForAServerThatAnotherProxyHasSeenFirst() {
        RouterRig rig = RouterRig.withServers("a");
        rig.table.put(session(1), "fresh", rig.clock.getAsLong());

        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        assertThat(stream.isDecided()).isFalse();
        rig.directory.list("fresh");
        rig.settle();

        assertThat(stream.server()).isEqualTo("fresh");
    }

    @Test
    void answersReattachOfAnUnplacedSessionSoThatTheClientExecutesAgain() {
        RouterRig rig = RouterRig.withServers("a");

        StatusAnswer answer = rig.open(rpc("ReattachExecute", session(1))).answer();

        assertThat(answer.code()).isEqualTo(13);
        assertThat(answer.message()).contains("INVALID_HANDLE.OPERATION_NOT_FOUND");
        assertThat(rig.table.bindings).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ReleaseExecute", "ReleaseSession"})
    void answersReleasesOfUnplacedSessionsWithOk(String method) {
        RouterRig rig = RouterRig.withServers();

        assertThat(rig.open(rpc(method, session(1))).answer().code()).isZero();
    }

    @Test
    void freesTheBindingWhenTheServerHasReleasedTheSession() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));

        rig.ends(rpc("ReleaseSession", session(1)), "a", OK);

        assertThat(rig.table.bindings).isEmpty();
        assertThat(rig.router.sessionCount()).isZero();
    }

    @Test
    void keepsTheBindingWhenTheReleasedSessionMayReconnectOrTheReleaseFailed() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));

        rig.ends(new RequestHead("ReleaseSession", session(1), null, null, true, false, false), "a", OK);
        rig.ends(rpc("ReleaseSession", session(1)), "a", new StreamOutcome.Answered(14));
        rig.ends(rpc("ReleaseExecute", session(1)), "a", OK);

        assertThat(rig.table.bindings).containsKey(session(1));
    }

    @Test
    void placesNoNewSessionsForAWhileOnAServerThatCannotBeReached() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.fails("a");

        for (int i = 0; i < 10; i++) {
            assertThat(rig.serverOf(session(i))).isEqualTo("b");
        }
        rig.pass(Duration.ofSeconds(3));

        assertThat(rig.serverOf(session(11))).isEqualTo("a");
    }

    @Test
    void keepsSendingBoundSessionsToAServerThatCannotBeReached() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));

        for (int i = 0; i < 10; i++) {
            rig.fails("a");
            rig.pass(Duration.ofSeconds(5));
            assertThat(rig.serverOf(session(1))).isEqualTo("a");
        }
        assertThat(rig.open(rpc("ReleaseSession", session(1))).answer().code()).isZero();
    }

    @Test
    void expiresABindingThatNobodyUses() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));
        rig.serverOf(session(2));
        rig.ends(rpc("ExecutePlan", session(1)), "a", OK);
        rig.ends(rpc("ExecutePlan", session(2)), "a", OK);

        for (int minute = 0; minute < 135; minute += 5) {
            rig.pass(Duration.ofMinutes(5));
            rig.open(rpc("Config", session(2)));
            rig.ends(rpc("Config", session(2)), "a", OK);
        }
        rig.tick();

        assertThat(rig.table.bindings).containsOnlyKeys(session(2));
        assertThat(rig.router.count(RouterEvent.EXPIRED)).isEqualTo(1);
    }

    @Test
    void neverExpiresASessionWithAnOpenStream() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));

        for (int hour = 0; hour < 100; hour++) {
            rig.pass(Duration.ofHours(1));
        }

        assertThat(rig.table.bindings).containsKey(session(1));
        rig.ends(rpc("ExecutePlan", session(1)), "a", OK);
        rig.pass(Duration.ofHours(3));
        rig.tick();
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void leavesABindingThatAnotherProxyUses() {
        RouterRig one = RouterRig.withServers("a");
        RouterRig other = one.anotherProxy();
        one.serverOf(session(1));
        one.ends(rpc("ExecutePlan", session(1)), "a", OK);
        other.serverOf(session(1)); // its stream stays open

        for (int i = 0; i < 50; i++) {
            one.pass(Duration.ofMinutes(5));
            other.tick();
        }

        assertThat(one.router.sessionCount()).isZero();
        assertThat(one.table.bindings).containsKey(session(1));
        assertThat(one.serverOf(session(1))).isEqualTo("a");
    }

    @Test
    void removesIdleBindingsThatNoProxyRemembers() {
        RouterRig rig = RouterRig.withServers("a");
        long now = rig.clock.getAsLong();
        for (int i = 0; i < 300; i++) {
            rig.table.put(session(i), "a", now - (i % 2 == 0 ? Duration.ofHours(3) : Duration.ofHours(2)).toMillis());
        }
        rig.serverOf(session(1));

        // Looked through once in about an hour; the records must not change for as long as sessions may be idle.
        for (int i = 0; i < 1_400; i++) {
            rig.pass(Duration.ofMillis(200));
            rig.pass(Duration.ofSeconds(15));
        }

        assertThat(rig.table.bindings).containsOnlyKeys(session(1));
    }

    @Test
    void writesTheLastUseAtMostEveryTenMinutes() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));

        for (int minute = 0; minute < 60; minute++) {
            rig.open(rpc("Config", session(1)));
            rig.pass(Duration.ofMinutes(1));
        }

        assertThat(rig.table.calls.stream().filter("touch"::equals)).hasSizeBetween(5, 6);
    }

    @Test
    void doesNotDecideACancelledStream() {
        RouterRig rig = RouterRig.withServers("a");
        rig.table.slow(true);
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));

        stream.cancel();
        stream.cancel();
        for (int i = 0; i < 3; i++) {
            rig.table.answerAll();
            rig.settle();
        }

        assertThat(stream.isDecided()).isFalse();
        assertThat(rig.router.waitingStreams()).isZero();
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void showsServersAndSessionsToTheOperator() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));

        assertThat(rig.router.servers()).singleElement().satisfies(row -> {
            assertThat(row.backend().host()).isEqualTo("host-of-a");
            assertThat(row.bindings()).isEqualTo(1);
            assertThat(row.state()).isEqualTo("READY");
        });
        assertThat(rig.router.sessions(10)).singleElement().satisfies(row -> {
            assertThat(row.userId()).isEqualTo("anna");
            assertThat(row.serverId()).isEqualTo("a");
            assertThat(row.openStreams()).isEqualTo(1);
            assertThat(row.written()).isTrue();
        });
        assertThat(rig.router.readyServers()).isEqualTo(1);
        assertThat(rig.router.registryConnected()).isTrue();
    }
}
