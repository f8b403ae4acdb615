/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the router does about sessions that an operator has killed. */
class KilledSessionsTest {
    private static final SessionKey SESSION = session(1);

    private final RouterRig rig = RouterRig.withServers("a");

    @Test
    void refusesTheSessionWithTheReasonAndEndsItAtItsServer() {
        rig.serverOf(SESSION);

        kill(rig, SESSION);

        assertThat(rig.ender.calls).containsExactly("a ReleaseSession");
        assertThat(rig.ender.request(0)).contains(SESSION.sessionId(), "anna");
        assertThat(rig.table.bindings).doesNotContainKey(SESSION);
        RouterRig.Stream next = rig.open(rpc("ExecutePlan", SESSION));
        assertThat(next.reason()).isEqualTo("killed");
        assertThat(next.answer().code()).isEqualTo(StatusAnswers.INTERNAL);
        assertThat(next.answer().message())
                .startsWith("[INVALID_HANDLE.SESSION_CHANGED]")
                .contains("ended by operator ops at ", "it holds all executors.", "getOrCreate()");
        assertThat(rig.router.count(RouterEvent.KILLED)).isOne();
    }

    @Test
    void answersOpenStreamsOnEveryLoop() {
        rig.serverOf(SESSION);

        kill(rig, SESSION);

        assertThat(rig.ender.cut)
                .containsOnlyKeys(SESSION)
                .hasEntrySatisfying(
                        SESSION, told -> assertThat(told.answer().message()).contains("ended by operator ops"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ReleaseExecute", "ReleaseSession"})
    void saysOkToReleasesSoThatAClientCanEnd(String release) {
        rig.serverOf(SESSION);
        kill(rig, SESSION);

        assertThat(rig.open(rpc(release, SESSION)).answer().code()).isZero();
    }

    @Test
    void leavesOtherSessionsAlone() {
        rig.serverOf(SESSION);
        SessionKey other = session(2);
        SessionKey sameIdOfAnotherUser = new SessionKey("bob", SESSION.sessionId());
        rig.serverOf(other);
        rig.serverOf(sameIdOfAnotherUser);

        kill(rig, SESSION);

        assertThat(rig.serverOf(other)).isEqualTo("a");
        assertThat(rig.serverOf(sameIdOfAnotherUser)).isEqualTo("a");
        assertThat(rig.table.bindings).containsOnlyKeys(other, sameIdOfAnotherUser);
    }

    @Test
    void interruptsWhatRunsWhereTheServerKnowsNoReleaseOfSessions() {
        rig.serverOf(SESSION);
        rig.ender.statuses.add(StatusAnswers.UNIMPLEMENTED);

        kill(rig, SESSION);

        assertThat(rig.ender.calls).containsExactly("a ReleaseSession", "a Interrupt");
        // interrupt_type (field 4, a varint): INTERRUPT_TYPE_ALL
        assertThat(rig.ender.requests.get(1)).endsWith(4 << 3, 1);
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void refusesTheSessionEvenWhereTheServerKnowsNeither() {
        rig.serverOf(SESSION);
        rig.ender.statuses.addAll(List.of(StatusAnswers.UNIMPLEMENTED, StatusAnswers.UNIMPLEMENTED));

        kill(rig, SESSION);

        assertThat(rig.table.bindings).isEmpty();
        assertThat(rig.open(rpc("Config", SESSION)).reason()).isEqualTo("killed");
    }

    @Test
    void asksAServerAgainThatDoesNotAnswerAndKeepsTheBindingMeanwhile() {
        rig.serverOf(SESSION);
        rig.ender.statuses.addAll(List.of(-1, StatusAnswers.UNAVAILABLE));

        kill(rig, SESSION);
        assertThat(rig.table.bindings).containsKey(SESSION);
        rig.pass(Duration.ofSeconds(1));
        assertThat(rig.ender.calls).hasSize(1);
        rig.pass(Duration.ofSeconds(2));
        assertThat(rig.table.bindings).containsKey(SESSION);
        rig.pass(Duration.ofSeconds(3));

        assertThat(rig.ender.calls).hasSize(3);
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void givesAServerUpThatNeverAnswers() {
        rig.serverOf(SESSION);
        for (int i = 0; i < 1000; i++) {
            rig.ender.statuses.add(-1);
        }
        kill(rig, SESSION);

        for (int i = 0; i < 100; i++) {
            rig.pass(Duration.ofSeconds(3));
        }

        assertThat(rig.ender.calls).hasSizeBetween(50, 70);
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void removesTheBindingOfASessionWhoseServerIsGone() {
        rig.serverOf(SESSION);
        rig.directory.dies("a", io.sparkconnect.registry.DeathCause.KILLED, 137);

        kill(rig, SESSION);

        assertThat(rig.ender.calls).isEmpty();
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void obeysInEveryProxy() {
        RouterRig other = rig.anotherProxy();
        rig.serverOf(SESSION);
        assertThat(other.serverOf(SESSION)).isEqualTo("a");

        kill(rig, SESSION);
        other.tick();

        assertThat(other.ender.cut).containsOnlyKeys(SESSION);
        assertThat(other.open(rpc("Config", SESSION)).reason()).isEqualTo("killed");
        assertThat(rig.open(rpc("Config", SESSION)).reason()).isEqualTo("killed");
    }

    @Test
    void answersAStreamThatWaitsForAServer() {
        RouterRig empty = RouterRig.withServers();
        RouterRig.Stream held = empty.open(rpc("ExecutePlan", SESSION));
        assertThat(held.isDecided()).isFalse();

        kill(empty, SESSION);

        assertThat(held.reason()).isEqualTo("killed");
        empty.directory.list("a");
        empty.tick();
        assertThat(empty.table.bindings).isEmpty();
    }

    @Test
    void endsABindingThatWasOnItsWayWhenTheWishCame() {
        rig.table.slow(true);
        RouterRig.Stream first = rig.open(rpc("ExecutePlan", SESSION));

        kill(rig, SESSION);
        assertThat(first.reason()).isEqualTo("killed");
        rig.table.slow(false);
        rig.table.answerAll();
        rig.tick();
        rig.tick();

        assertThat(rig.open(rpc("ExecutePlan", SESSION)).reason()).isEqualTo("killed");
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void onlyRefusesWhatWasKilledLongBeforeTheProxyBegan() {
        RouterRig before = RouterRig.withServers("a");
        before.directory.kills(
                SESSION, "a", before.clock.getAsLong() - Duration.ofHours(1).toMillis());

        RouterRig restarted = before.anotherProxy();
        restarted.tick();

        assertThat(restarted.open(rpc("Config", SESSION)).reason()).isEqualTo("killed");
        assertThat(restarted.ender.calls).isEmpty();
    }

    @Test
    void finishesWhatAProxyThatEndedHadBegun() {
        RouterRig before = RouterRig.withServers("a");
        before.serverOf(SESSION);
        before.directory.kills(SESSION, "a", before.clock.getAsLong());

        RouterRig restarted = before.anotherProxy();
        restarted.tick();

        assertThat(restarted.ender.calls).containsExactly("a ReleaseSession");
        assertThat(restarted.table.bindings).isEmpty();
    }

    @Test
    void endsThousandsAFewAtATime() {
        for (int i = 0; i < 500; i++) {
            rig.directory.kills(new SessionKey("anna", new UUID(9, i).toString()), "a", rig.clock.getAsLong());
        }
        rig.settle();

        for (int i = 0; i < 30; i++) {
            rig.tick();
        }

        assertThat(rig.ender.calls).hasSize(500);
    }

    private static void kill(RouterRig rig, SessionKey session) {
        rig.directory.kills(session, "a", rig.clock.getAsLong());
        rig.tick();
    }
}
