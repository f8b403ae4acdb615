/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutor;
import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The router on its real threads. */
class SessionRouterConcurrencyTest {
    private static final int STREAMS = 40_000;
    private static final int SESSIONS = 100;

    private final DefaultEventExecutorGroup loops = new DefaultEventExecutorGroup(6);
    // On a busy machine all streams may wait for the core thread at once: their limit is not what is tested here.
    private final SessionRouter router = SessionRouter.start(
            RouterSettings.builder().maxWaiting(STREAMS).build(),
            new FakeServerDirectory().list("a", "b", "c"),
            new FakeSessionTable(),
            null,
            null);

    @AfterEach
    void close() {
        router.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void decidesStreamsOfManyLoopsAlikeEachOnItsOwnLoopAndOnce() throws InterruptedException {
        Map<SessionKey, Set<String>> servers = new ConcurrentHashMap<>();
        AtomicInteger onOtherThreads = new AtomicInteger();
        AtomicInteger cancelled = new AtomicInteger();
        CountDownLatch decided = new CountDownLatch(STREAMS);
        Random random = new Random(7);
        for (int i = 0; i < STREAMS; i++) {
            EventExecutor loop = loops.next();
            RequestHead head = rpc(List.of("Config", "ExecutePlan").get(i % 2), session(random.nextInt(SESSIONS)));
            boolean cancels = random.nextInt(100) == 0;
            loop.execute(() -> {
                boolean[] over = {false};
                StreamRouter.Pending pending = router.route(head, null, loop, decision -> {
                    over[0] = true;
                    onOtherThreads.addAndGet(loop.inEventLoop() ? 0 : 1);
                    Backend backend = ((RoutingDecision.Forward) decision).backend();
                    servers.computeIfAbsent(head.session(), key -> ConcurrentHashMap.newKeySet())
                            .add(backend.serverId());
                    router.onOutcome(head, backend, new StreamOutcome.Answered(0));
                    decided.countDown();
                });
                if (cancels && !over[0]) {
                    pending.cancel();
                    cancelled.incrementAndGet();
                    decided.countDown();
                }
            });
        }

        assertThat(decided.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(servers)
                .hasSize(SESSIONS)
                .allSatisfy((key, used) -> assertThat(used).hasSize(1));
        assertThat(onOtherThreads).hasValue(0);
        await().atMost(Duration.ofSeconds(30)).until(() -> router.waitingStreams() == 0);
        assertThat(router.count(RouterEvent.FORWARDED)).isEqualTo(STREAMS - cancelled.get());
        assertThat(router.sessions(1000))
                .hasSize(SESSIONS)
                .allSatisfy(row -> assertThat(row.openStreams()).isZero());
        assertThat(router.servers())
                .allSatisfy(row -> assertThat(row.bindings()).isBetween(33, 34));
    }
}
