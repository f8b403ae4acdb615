/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** 200 servers, and thousands of sessions that nobody knows while ZooKeeper is away. */
class ManySearchesTest {
    private static final int SERVERS = 200;
    private static final int SESSIONS = 4_000;

    private final RouterRig rig = RouterRig.withServers(
            IntStream.range(0, SERVERS).mapToObj(i -> "s" + i).toArray(String[]::new));

    ManySearchesTest() {
        for (int i = 0; i < SERVERS; i++) {
            rig.held.put("s" + i, List.of());
        }
        rig.table.away(true);
        rig.directory.connected(false);
        rig.settle();
        rig.serversTakeTime = true;
    }

    @Test
    void boundsTheQuestionsUnderWayAndAnswersEverySession() {
        // Every other session is somewhere, on a server that no hash would find.
        for (int i = 0; i < SESSIONS; i += 2) {
            rig.held.compute("s" + i % SERVERS, RouterRig.holding(session(i)));
        }

        List<RouterRig.Stream> streams = open(SESSIONS);
        assertThat(streams).noneMatch(RouterRig.Stream::isDecided);
        letServersAnswer();

        assertThat(rig.mostProbesAtOnce)
                .isBetween(LocateSearches.AT_ONCE - LocateSearches.AT_ONCE_PER_SEARCH, LocateSearches.AT_ONCE);
        for (int i = 0; i < SESSIONS; i += 2) {
            assertThat(streams.get(i).server()).isEqualTo("s" + i % SERVERS);
            assertThat(streams.get(i + 1).server()).isNotEmpty();
        }
        assertThat(rig.router.count(RouterEvent.LOCATED)).isEqualTo(SESSIONS / 2);
        assertThat(rig.router.count(RouterEvent.PLACED)).isEqualTo(SESSIONS / 2);
        assertThat(rig.probes)
                .as("nobody is asked on for a session that was found")
                .isLessThan(SESSIONS * SERVERS * 9 / 10);
    }

    @Test
    void asksThoseFirstWhomTheOtherProxiesChoose() {
        List<String> order = Rendezvous.order(session(1), rig.held.keySet());
        rig.held.put(order.get(0), List.of(session(1)));

        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        rig.serversAnswer();

        assertThat(stream.server()).isEqualTo(order.get(0));
        assertThat(rig.probes).isEqualTo(LocateSearches.AT_ONCE_PER_SEARCH);
    }

    @Test
    void asksNobodyForStreamsThatAreGoneWhenTheirTurnComes() {
        List<RouterRig.Stream> streams = open(SESSIONS);
        streams.subList(100, SESSIONS).forEach(RouterRig.Stream::cancel);
        rig.settle();

        letServersAnswer();

        assertThat(rig.probes).isEqualTo(100 * SERVERS);
        assertThat(rig.router.waitingStreams()).isZero();
        assertThat(streams.subList(0, 100)).allMatch(RouterRig.Stream::isDecided);
    }

    @Test
    void keepsNoSearchWhoseStreamsAreGone() {
        List<RouterRig.Stream> streams = open(SESSIONS);
        int begun = LocateSearches.AT_ONCE / LocateSearches.AT_ONCE_PER_SEARCH;
        assertThat(rig.router.waitingSearches()).isEqualTo(SESSIONS - begun);

        streams.subList(100, SESSIONS).forEach(RouterRig.Stream::cancel);
        rig.settle();

        assertThat(rig.router.waitingSearches()).isEqualTo(100 - begun);
    }

    @Test
    void hasNoMoreSearchesThanStreamsThatMayBeUndecided() {
        RouterRig few = RouterRig.withSettings(
                RouterSettings.builder().maxUndecided(500).build(), "a");
        few.table.away(true);
        few.directory.connected(false);
        few.settle();
        for (int i = 0; i < SESSIONS; i++) {
            few.open(rpc("ExecutePlan", session(i)));
        }

        assertThat(few.router.count(RouterEvent.TOO_MANY_UNDECIDED)).isEqualTo(SESSIONS - 500);
        assertThat(few.router.waitingStreams()).isEqualTo(500);
        assertThat(few.router.waitingSearches()).isLessThanOrEqualTo(500);
    }

    @Test
    void refusesThoseWhoseTurnDoesNotComeInTimeButUploadsLater() {
        rig.serversTakeTime = false;
        rig.held.clear();
        List<RouterRig.Stream> streams = open(SESSIONS);
        RouterRig.Stream upload = rig.open(rpc("AddArtifacts", session(SESSIONS)));
        Duration hold = RouterSettings.defaults().hold();
        Duration step = RouterSettings.defaults().locateTimeout().plus(Duration.ofMillis(1));

        for (Duration passed = Duration.ZERO; passed.compareTo(hold) < 0; passed = passed.plus(step)) {
            rig.pass(step);
        }

        RouterRig.Stream last = streams.get(SESSIONS - 1);
        assertThat(last.reason()).isEqualTo("search-overdue");
        assertThat(last.answer().code()).isEqualTo(14);
        assertThat(new String(last.answer().details(), UTF_8)).contains("google.rpc.RetryInfo");
        assertThat(streams.get(0).server()).isNotEmpty();
        assertThat(rig.router.count(RouterEvent.SEARCH_OVERDUE))
                .isEqualTo(streams.stream()
                        .filter(RouterRig.Stream::isDecided)
                        .filter(stream -> stream.decision() instanceof RoutingDecision.Answer)
                        .count())
                .isBetween(SESSIONS / 2L, (long) SESSIONS);
        assertThat(upload.isDecided())
                .as("a client that would not try again is not refused")
                .isFalse();
        assertThat(rig.router.waitingSearches()).isLessThanOrEqualTo(1);
    }

    @Test
    void asksZooKeeperForThoseWhoseTurnHasNotComeWhenItIsBack() {
        List<RouterRig.Stream> streams = open(SESSIONS);
        IntStream.range(0, SESSIONS).forEach(i -> rig.table.put(session(i), "s" + i % SERVERS, rig.clock.getAsLong()));
        rig.table.away(false);
        rig.directory.connected(true);
        rig.settle();

        letServersAnswer();

        for (int i = 0; i < SESSIONS; i++) {
            assertThat(streams.get(i).server()).isEqualTo("s" + i % SERVERS);
        }
        assertThat(rig.probes).isLessThan(LocateSearches.AT_ONCE * SERVERS);
    }

    @Test
    void waitsForAServerThatKeepsSilentOnceForManySessionsNotOnceForEach() {
        rig.serversTakeTime = false;
        rig.held.remove("s7");
        List<RouterRig.Stream> streams = open(500);
        assertThat(streams).noneMatch(RouterRig.Stream::isDecided);

        rig.pass(RouterSettings.defaults().locateTimeout().plus(Duration.ofMillis(1)));

        assertThat(streams).extracting(RouterRig.Stream::server).doesNotContainNull();
    }

    private void letServersAnswer() {
        boolean answered;
        do {
            answered = rig.serversAnswer();
        } while (answered);
    }

    private List<RouterRig.Stream> open(int count) {
        List<RouterRig.Stream> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(rig.open(rpc("ExecutePlan", session(i))));
        }
        return streams;
    }
}
