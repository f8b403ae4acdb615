/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.SessionLocator.ProbeAnswer;
import io.sparkconnect.proxy.route.StatusAnswers;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams of sessions that are ended while they run, over connections of several loops. */
class CutSessionsTest {
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> RELEASE = Grpc.method("ReleaseSession", SERVER_STREAMING);
    private static final PoolLimits POOL = RunningRelay.POOL;

    private final CountDownLatch cancelled = new CountDownLatch(2);
    private LightConnectServer server;
    private StubRouter router;
    private RunningRelay relay;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start();
        for (String method : new String[] {"ExecutePlan", "ReleaseSession"}) {
            server.on(method, SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
                ((ServerCallStreamObserver<byte[]>) out).setOnCancelHandler(cancelled::countDown);
                out.onNext("first".getBytes(UTF_8));
            }));
        }
        router = StubRouter.to(server.backend());
        relay = new RunningRelay(router, EngineLimits.defaults(), POOL, 2);
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void endWithTheReasonOnEveryLoopWhileOthersGoOn() throws Exception {
        Collected<byte[]> one = running(relay.newClient(), EXECUTE, "doomed");
        Collected<byte[]> two = running(relay.newClient(), EXECUTE, "doomed");
        Collected<byte[]> other = running(relay.newClient(), EXECUTE, "spared");
        Collected<byte[]> releasing = running(relay.newClient(), RELEASE, "doomed");

        cut("doomed");

        for (Collected<byte[]> ended : List.of(one, two)) {
            Status status = ended.awaitEnd();
            assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
            assertThat(status.getDescription()).contains("[INVALID_HANDLE.SESSION_CHANGED]", "ended by operator ann");
        }
        assertThat(cancelled.await(20, TimeUnit.SECONDS))
                .as("the server learns that nobody listens")
                .isTrue();
        await().until(() -> router.outcomes.stream()
                        .filter(StreamOutcome.Cancelled.class::isInstance)
                        .count()
                == 2);
        assertThat(other.hasEnded()).isFalse();
        assertThat(releasing.hasEnded()).isFalse();
        assertThat(relay.watcher.openStreams.get()).isEqualTo(2);
    }

    @Test
    void endWhileTheyWaitForADecision() {
        router.holds = true;
        Collected<byte[]> waiting = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                relay.newClient().newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("doomed", "go"), waiting);
        await().until(() -> router.heldDecisions.size() == 1);

        cut("doomed");

        assertThat(waiting.awaitEnd().getDescription()).contains("ended by operator ann");
        await().until(() -> router.cancelledDecisions.get() == 1);
    }

    @Test
    void callsAnyRpcOfAServer() throws Exception {
        server.on("Interrupt", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
            out.onNext(request);
            out.onCompleted();
        }));

        assertThat(relay.ender()
                        .call(server.backend(), "Interrupt", Grpc.request("doomed", "all"))
                        .get(20, TimeUnit.SECONDS))
                .isEqualTo(new ProbeAnswer(0, ""));
        assertThat(relay.ender()
                        .call(server.backend(), "NoSuchRpc", Grpc.request("doomed", "all"))
                        .get(20, TimeUnit.SECONDS)
                        .grpcStatus())
                .isEqualTo(12);
    }

    private void cut(String session) {
        SessionKey key = new SessionKey("tester", session);
        relay.ender()
                .cut(Map.of(
                        key,
                        new RoutingDecision.Answer(
                                StatusAnswers.sessionChanged(key, "This session was ended by operator ann."),
                                "killed")));
    }

    private static Collected<byte[]> running(
            ManagedChannel client, MethodDescriptor<byte[], byte[]> method, String session) {
        Collected<byte[]> rows = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                client.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(Duration.ofMinutes(2))),
                Grpc.request(session, "go"),
                rows);
        rows.awaitCount(1);
        return rows;
    }
}
