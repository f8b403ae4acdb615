/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.seen;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.sparkconnect.registry.ServerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WaitingForServersTest {
    @Test
    void holdsFiftyClientsOfAnEmptyPoolUntilServersCome() {
        RouterRig rig = RouterRig.withServers();
        List<RouterRig.Stream> streams = open(rig, 50);
        assertThat(streams).noneMatch(RouterRig.Stream::isDecided);
        assertThat(rig.router.waitingStreams()).isEqualTo(50);

        rig.pass(Duration.ofSeconds(60));
        rig.directory.list("a", "b");
        rig.settle();

        assertThat(streams).extracting(RouterRig.Stream::server).containsOnly("a", "b");
        assertThat(streams.stream().filter(s -> s.server().equals("a"))).hasSize(25);
        assertThat(rig.router.waitingStreams()).isZero();
    }

    @Test
    void countsWaitingSessionsNotTheirStreamsAndPlacedOnesByServer() {
        RouterRig rig = RouterRig.withServers();
        open(rig, 3);
        rig.open(rpc("Config", session(0)));
        rig.tick();
        assertThat(rig.router.heldSessions()).containsExactly(java.util.Map.entry("", 3));

        rig.directory.list("a");
        rig.settle();
        rig.tick();

        assertThat(rig.router.heldSessions()).isEmpty();
        assertThat(rig.router.sessionsByServer()).containsExactly(java.util.Map.entry("a", 3));
    }

    @Test
    void servesThoseFirstWhoCameFirst() {
        RouterRig rig = RouterRig.withServers();
        List<RouterRig.Stream> streams = open(rig, 10);

        rig.directory.list(FakeServerDirectory.with(FakeServerDirectory.server("a"), ServerState.READY, 0, 4));
        rig.settle();
        RouterRig.Stream late = rig.open(rpc("Config", session(99)));
        rig.tick();

        assertThat(streams.subList(0, 4)).allMatch(RouterRig.Stream::isDecided);
        assertThat(streams.subList(4, 10)).noneMatch(RouterRig.Stream::isDecided);
        rig.ends(rpc("ReleaseSession", session(0)), "a", new StreamOutcome.Answered(0));
        rig.pass(Duration.ofSeconds(4));
        rig.directory.list(FakeServerDirectory.with(FakeServerDirectory.server("a"), ServerState.READY, 3, 4));
        rig.settle();
        assertThat(streams.get(4).server()).isEqualTo("a");
        assertThat(streams.subList(5, 10)).noneMatch(RouterRig.Stream::isDecided);
        assertThat(late.isDecided()).isFalse();
    }

    @Test
    void saysUnavailableWithRetryInfoWhenNoServerComesInTime() throws InvalidProtocolBufferException {
        RouterRig rig = RouterRig.withServers();
        rig.directory.starting(2, "waiting for 2 containers in queue sparkconnect");
        RouterRig.Stream stream = rig.open(rpc("ExecutePlan", session(1)));

        rig.pass(Duration.ofSeconds(119));
        assertThat(stream.isDecided()).isFalse();
        rig.pass(Duration.ofSeconds(2));

        StatusAnswer answer = stream.answer();
        assertThat(answer.code()).isEqualTo(14);
        assertThat(answer.message())
                .contains("2 on the way")
                .contains("waiting for 2 containers in queue sparkconnect");
        assertThat(Status.parseFrom(answer.details()).getDetails(0).is(RetryInfo.class))
                .isTrue();
        assertThat(rig.table.bindings).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"AddArtifacts", "ArtifactStatus"})
    void waitsLongerWhereClientsNeverTryAgain(String method) {
        RouterRig rig = RouterRig.withServers();
        RouterRig.Stream stream = rig.open(rpc(method, session(1)));

        rig.pass(Duration.ofSeconds(299));
        assertThat(stream.isDecided()).isFalse();
        rig.directory.list("a");
        rig.settle();

        assertThat(stream.server()).isEqualTo("a");
    }

    @Test
    void givesNoSeatToAStreamThatHasGone() {
        RouterRig rig = RouterRig.withServers();
        RouterRig.Stream gone = rig.open(rpc("Config", session(1)));
        RouterRig.Stream stays = rig.open(rpc("Config", session(2)));

        gone.cancel();
        rig.directory.list("a");
        rig.settle();

        assertThat(gone.isDecided()).isFalse();
        assertThat(stays.server()).isEqualTo("a");
        assertThat(rig.table.bindings).containsOnlyKeys(session(2));
    }

    @Test
    void answersWhatNeedsNoServerWhileTheSessionWaits() {
        RouterRig rig = RouterRig.withServers();
        RouterRig.Stream execute = rig.open(rpc("ExecutePlan", session(1)));

        assertThat(rig.open(rpc("ReattachExecute", session(1))).reason()).isEqualTo("operation-not-found");
        assertThat(rig.open(rpc("ReleaseExecute", session(1))).answer().code()).isZero();
        assertThat(rig.open(rpc("ReleaseSession", session(1))).answer().code()).isZero();
        assertThat(execute.isDecided()).isFalse();
    }

    @Test
    void boundsTheStreamsThatAreHeldButNeverLimitsReleases() {
        RouterRig rig =
                RouterRig.withSettings(RouterSettings.builder().maxHeld(10).build());
        open(rig, 10);

        StatusAnswer answer = rig.open(rpc("Config", session(11))).answer();

        assertThat(answer.code()).isEqualTo(14);
        assertThat(answer.message()).contains("Too many requests wait");
        assertThat(rig.open(rpc("ReleaseSession", session(12))).answer().code()).isZero();
        assertThat(rig.open(rpc("Interrupt", session(13))).isDecided()).isFalse();
        assertThat(rig.router.waitingStreams()).isEqualTo(11);
        assertThat(rig.router.heldStreams()).isEqualTo(11);
        assertThat(rig.router.count(RouterEvent.TOO_MANY_HELD)).isEqualTo(1);
    }

    @Test
    void doesNotCountAmongTheHeldThoseWhoseServerIsLookedUp() {
        RouterRig rig =
                RouterRig.withSettings(RouterSettings.builder().maxHeld(10).build(), "a");
        IntStream.range(0, 3_000).forEach(i -> rig.table.put(session(i), "a", rig.clock.getAsLong()));
        rig.table.slow(true);
        List<RouterRig.Stream> streams = open(rig, 3_000);
        assertThat(rig.router.waitingStreams()).isEqualTo(3_000);
        assertThat(rig.router.heldStreams()).isZero();

        rig.table.answerAll();
        rig.settle();

        assertThat(streams).extracting(RouterRig.Stream::server).containsOnly("a");
    }

    @Test
    void boundsTheStreamsWhoseServerIsNotKnownYetAndSaysSo() {
        RouterRig rig =
                RouterRig.withSettings(RouterSettings.builder().maxUndecided(10).build(), "a");
        rig.table.slow(true);
        open(rig, 10);

        StatusAnswer answer = rig.open(rpc("Config", session(11))).answer();

        assertThat(answer.code()).isEqualTo(14);
        assertThat(answer.message()).contains("until it knows which Spark Connect server has their session (10)");
    }

    @Test
    void hasRoomAgainForThoseWhoComeWhenOthersHaveLeft() {
        RouterRig rig =
                RouterRig.withSettings(RouterSettings.builder().maxHeld(4).build());
        List<RouterRig.Stream> streams = open(rig, 2);
        streams.add(rig.open(rpc("ExecutePlan", session(0))));
        streams.add(rig.open(rpc("ExecutePlan", session(1))));
        assertThat(rig.router.heldStreams()).isEqualTo(4);
        streams.get(0).cancel();
        streams.get(3).cancel();
        rig.settle();
        assertThat(rig.router.heldStreams()).isEqualTo(2);

        RouterRig.Stream late = rig.open(rpc("Config", session(5)));
        assertThat(late.isDecided()).isFalse();
        assertThat(rig.open(rpc("Config", session(6))).isDecided()).isFalse();
        assertThat(rig.open(rpc("Config", session(7))).isDecided()).isTrue();
        rig.directory.list("a");
        rig.settle();

        assertThat(late.server()).isEqualTo("a");
        assertThat(rig.router.heldStreams()).isZero();
    }

    @Test
    void keepsThePlacesOfThoseHeldWhenTheyAreLookedUpAnew() {
        RouterRig rig =
                RouterRig.withSettings(RouterSettings.builder().maxHeld(5).build());
        rig.directory.connected(false);
        rig.settle();
        List<RouterRig.Stream> streams = open(rig, 5);
        rig.table.slow(true);
        rig.directory.connected(true);
        rig.settle();
        assertThat(rig.router.heldStreams()).isZero();
        IntStream.range(10, 15).forEach(i -> rig.open(rpc("Config", session(i))));

        rig.table.answerAll();
        rig.settle();

        assertThat(streams).noneMatch(RouterRig.Stream::isDecided);
        rig.pass(Duration.ofMinutes(3));
        assertThat(streams).allMatch(RouterRig.Stream::isDecided);
        assertThat(rig.router.heldStreams()).isZero();
    }

    @Test
    void saysResourceExhaustedWithTheReasonWhenEveryServerIsFull() {
        RouterRig rig = RouterRig.withServers();
        rig.directory.list(FakeServerDirectory.with(FakeServerDirectory.server("a"), ServerState.READY, 0, 2));
        rig.directory.list(FakeServerDirectory.with(FakeServerDirectory.server("b"), ServerState.READY, 3, 3));
        rig.settle();
        open(rig, 2);

        RouterRig.Stream tooMany = rig.open(rpc("Config", session(50)));
        rig.pass(Duration.ofSeconds(6));

        assertThat(tooMany.answer().code()).isEqualTo(8);
        assertThat(tooMany.answer().message())
                .contains("2 ready, 5 sessions in all")
                .contains("sparkconnect.servers.max")
                .contains("sparkconnect.sessions.per.server");
        assertThat(rig.serverOf(session(0))).isEqualTo("a");
    }

    @Test
    void waitsLongerForAFullPoolWhenServersAreOnTheirWay() {
        RouterRig rig = RouterRig.withServers();
        rig.directory.list(FakeServerDirectory.with(FakeServerDirectory.server("a"), ServerState.READY, 2, 2));
        rig.directory.starting(1, "");
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));

        rig.pass(Duration.ofSeconds(60));
        assertThat(stream.isDecided()).isFalse();
        rig.directory.list("b");
        rig.settle();

        assertThat(stream.server()).isEqualTo("b");
    }

    @Test
    void neverFillsAServerBeyondItsLimitInABurst() {
        RouterRig rig = RouterRig.withServers();
        rig.directory.list(FakeServerDirectory.with(FakeServerDirectory.server("a"), ServerState.READY, -1, 5));
        rig.directory.list(FakeServerDirectory.with(FakeServerDirectory.server("b"), ServerState.READY, 2, 5));
        rig.table.slow(true);
        List<RouterRig.Stream> streams = open(rig, 20);

        for (int i = 0; i < 3; i++) {
            rig.table.answerAll();
            rig.settle();
        }

        assertThat(streams.stream().filter(RouterRig.Stream::isDecided)).hasSize(8);
        assertThat(rig.router.servers())
                .allSatisfy(row -> assertThat(row.bindings())
                        .isEqualTo(row.backend().serverId().equals("a") ? 5 : 3));
    }

    @Test
    void holdsASessionThatHasSeenAServerWhileNoneIsThereToAsk() {
        RouterRig rig = RouterRig.withServers();
        RouterRig.Stream stream = rig.open(seen("ExecutePlan", session(1)));
        assertThat(stream.isDecided()).isFalse();

        rig.held.put("a", List.of(session(1)));
        rig.directory.list("a");
        rig.settle();

        assertThat(stream.server()).isEqualTo("a");
        assertThat(rig.router.count(RouterEvent.LOCATED)).isEqualTo(1);
    }

    private static List<RouterRig.Stream> open(RouterRig rig, int count) {
        return new ArrayList<>(IntStream.range(0, count)
                .mapToObj(i -> rig.open(rpc("Config", session(i))))
                .toList());
    }
}
