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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The router on its real threads. */
class SessionRouterConcurrencyTest {
    private static final int STREAMS = 40_000;
    private static final int SESSIONS = 100;
    private static final int UPLOADS = 5_000;

    private final DefaultEventExecutorGroup loops = new DefaultEventExecutorGroup(6);
    private final FakeServerDirectory directory = new FakeServerDirectory();
    private final SessionRouter router =
            SessionRouter.start(RouterSettings.defaults(), directory, new FakeSessionTable(), null, null);

    @AfterEach
    void close() {
        router.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void knowsFromItsStartWhichServersAreListed() {
        RouterSettings any = RouterSettings.builder()
                .otherServices(RouterSettings.OtherServices.ANY)
                .build();
        directory.list("a");
        // Many times: the router's thread may be faster than this one.
        for (int start = 0; start < 200; start++) {
            try (SessionRouter fresh = SessionRouter.start(any, directory, new FakeSessionTable(), null, null)) {
                assertThat(fresh.routeOther(null)).isInstanceOf(RoutingDecision.Forward.class);
            }
        }
    }

    @Test
    void decidesStreamsOfManyLoopsAlikeEachOnItsOwnLoopAndOnce() throws InterruptedException {
        directory.list("a", "b", "c");
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

    @Test
    void holdsTheUploadsOfThousandsOfNewSessionsUntilTheServersStart() {
        List<CompletableFuture<RoutingDecision>> uploads = IntStream.range(0, UPLOADS)
                .mapToObj(i -> {
                    EventExecutor loop = loops.next();
                    CompletableFuture<RoutingDecision> decision = new CompletableFuture<>();
                    loop.execute(() -> router.route(rpc("AddArtifacts", session(i)), null, loop, decision::complete));
                    return decision;
                })
                .toList();
        await().atMost(Duration.ofSeconds(60)).until(() -> router.heldStreams() == UPLOADS);
        assertThat(uploads).noneMatch(CompletableFuture::isDone);

        directory.list(IntStream.range(0, 100).mapToObj(i -> "s" + i).toArray(String[]::new));

        await().atMost(Duration.ofSeconds(60)).until(() -> uploads.stream().allMatch(CompletableFuture::isDone));
        assertThat(uploads).allMatch(upload -> upload.join() instanceof RoutingDecision.Forward);
        assertThat(router.heldStreams()).isZero();
        assertThat(router.servers())
                .allSatisfy(row -> assertThat(row.bindings()).isEqualTo(UPLOADS / 100));
    }
}
