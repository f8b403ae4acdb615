/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A router whose core thread, clock, registry and servers are the test's. Everything happens on the test's own thread. */
final class RouterRig {
    private static final int UUID_LENGTH = 36;

    final ManualClock clock;
    final FakeServerDirectory directory;
    final FakeSessionTable table;
    final SessionRouter router;
    /** What each server holds, for the locate probe; a server that is missing here keeps silent. */
    final Map<String, List<SessionKey>> held = new HashMap<>();

    /** Those that make a session as they say that they have none. */
    final Set<String> ofSpark35 = new HashSet<>();

    int probes;
    /** Whether servers answer only when {@link #serversAnswer} says so; how many questions waited at once then. */
    boolean serversTakeTime;

    int mostProbesAtOnce;
    private final Queue<Runnable> unansweredProbes = new ArrayDeque<>();
    /** What the relay was told of sessions that were killed. */
    final RecordingEnder ender = new RecordingEnder();

    private final Queue<Runnable> core = new ArrayDeque<>();

    private RouterRig(
            RouterSettings settings,
            ManualClock clock,
            FakeServerDirectory directory,
            FakeSessionTable table,
            boolean locating) {
        this.clock = clock;
        this.directory = directory;
        this.table = table;
        this.router = new SessionRouter(
                settings,
                table,
                locating ? this::probe : null,
                servers(),
                core::add,
                clock.ofRouter(),
                new Random(7),
                () -> {});
        directory.addListener(router::snapshotChanged);
        settle();
    }

    static RouterRig withServers(String... servers) {
        return withSettings(RouterSettings.defaults(), servers);
    }

    static RouterRig withSettings(RouterSettings settings, String... servers) {
        return new RouterRig(
                settings, new ManualClock(), new FakeServerDirectory().list(servers), new FakeSessionTable(), true);
    }

    static RouterRig withoutLocator(String... servers) {
        return new RouterRig(
                RouterSettings.defaults(),
                new ManualClock(),
                new FakeServerDirectory().list(servers),
                new FakeSessionTable(),
                false);
    }

    /** Another proxy: same registry, same servers, its own memory. */
    RouterRig anotherProxy() {
        RouterRig other = new RouterRig(RouterSettings.defaults(), clock, directory, table, true);
        other.held.putAll(held);
        return other;
    }

    /** Another proxy on a machine whose clock differs from this one's; the time that passes for it is its own. */
    RouterRig anotherProxyWhoseClockIs(Duration ahead) {
        ManualClock its = new ManualClock();
        its.advance(Duration.ofMillis(clock.getAsLong() - its.getAsLong()));
        its.isSet(ahead);
        RouterRig other = new RouterRig(RouterSettings.defaults(), its, directory, table, true);
        other.held.putAll(held);
        return other;
    }

    static SessionKey session(int number) {
        return new SessionKey("anna", new UUID(7, number).toString());
    }

    static RequestHead rpc(String method, SessionKey session) {
        return new RequestHead(method, session, null, null);
    }

    static RequestHead seen(String method, SessionKey session) {
        return new RequestHead(method, session, "server-side-id", null);
    }

    static RequestHead surelyNew(String method, SessionKey session) {
        return new RequestHead(method, session, null, null, false, false, true);
    }

    /** For {@link #held}: the server holds this session too. */
    static BiFunction<String, @Nullable List<SessionKey>, List<SessionKey>> holding(SessionKey session) {
        return (server, before) -> {
            List<SessionKey> all = new ArrayList<>(before == null ? List.of() : before);
            all.add(session);
            return all;
        };
    }

    /** Lets the core thread do all that it can. */
    void settle() {
        Runnable next;
        while ((next = core.poll()) != null) {
            next.run();
        }
    }

    void tick() {
        settle();
        router.tick();
        settle();
    }

    void pass(Duration time) {
        clock.advance(time);
        tick();
    }

    /** A stream, as far as the core thread gets with it now. */
    Stream open(RequestHead head) {
        Stream stream = begin(head);
        settle();
        return stream;
    }

    /** The same of a client that asks for a pool. */
    Stream open(RequestHead head, String asked) {
        Stream stream = begin(head, asked);
        settle();
        return stream;
    }

    /** A stream that the core thread has not seen yet, unless memory alone decides it. */
    Stream begin(RequestHead head) {
        return begin(head, null);
    }

    /** The same of a client that asks for a pool. */
    Stream begin(RequestHead head, @Nullable String asked) {
        Stream stream = new Stream(head);
        stream.pending = router.route(head, asked, ImmediateEventExecutor.INSTANCE, stream::decided);
        return stream;
    }

    String serverOf(SessionKey session) {
        return open(rpc("ExecutePlan", session)).server();
    }

    void ends(RequestHead head, String server, StreamOutcome outcome) {
        router.onOutcome(head, backend(server), outcome);
        settle();
    }

    void fails(String server) {
        ends(rpc("ExecutePlan", session(999_999)), server, new StreamOutcome.ConnectFailed("connection refused"));
    }

    boolean answersClone(RequestHead head, String server, ByteBuf response) {
        List<String> passedOn = new ArrayList<>();
        router.beforeResponse(
                head, backend(server), response, ImmediateEventExecutor.INSTANCE, () -> passedOn.add("yes"));
        settle();
        return !passedOn.isEmpty();
    }

    static Backend backend(String server) {
        return new Backend(server, "instance-of-" + server, "host-of-" + server, 15002);
    }

    private CompletableFuture<SessionLocator.ProbeAnswer> probe(Backend backend, byte[] request) {
        probes++;
        if (isSilent(backend)) {
            return new CompletableFuture<>();
        }
        CompletableFuture<SessionLocator.ProbeAnswer> answer = new CompletableFuture<>();
        Runnable give = () -> answer.complete(answerOf(backend.serverId(), request));
        if (serversTakeTime) {
            unansweredProbes.add(give);
            mostProbesAtOnce = Math.max(mostProbesAtOnce, unansweredProbes.size());
        } else {
            give.run();
        }
        return answer;
    }

    /** The servers answer one question, those first that came first; false when nobody has asked. */
    boolean serversAnswer() {
        Runnable next = unansweredProbes.poll();
        if (next == null) {
            return false;
        }
        next.run();
        settle();
        return true;
    }

    private boolean isSilent(Backend backend) {
        return !held.containsKey(backend.serverId());
    }

    /** What is no question whether a server lives is the ender's. */
    private SessionEnder servers() {
        return new SessionEnder() {
            @Override
            public void cut(Map<SessionKey, RoutingDecision.Answer> sessions) {
                ender.cut(sessions);
            }

            @Override
            public CompletableFuture<SessionLocator.ProbeAnswer> call(Backend backend, String rpc, byte[] request) {
                boolean ofNobody = request.length == 2 + UUID_LENGTH;
                return ofNobody && isSilent(backend) ? new CompletableFuture<>() : ender.call(backend, rpc, request);
            }
        };
    }

    private SessionLocator.ProbeAnswer answerOf(String server, byte[] request) {
        List<SessionKey> sessions = held.getOrDefault(server, List.of());
        boolean here = sessions.stream().anyMatch(key -> new String(request, UTF_8).contains(key.sessionId()));
        if (!here && ofSpark35.contains(server)) {
            held.compute(server, holding(new SessionKey("anna", new String(request, 2, UUID_LENGTH, UTF_8))));
        }
        return here
                ? new SessionLocator.ProbeAnswer(0, "")
                : new SessionLocator.ProbeAnswer(13, "[INVALID_HANDLE.SESSION_NOT_FOUND] The handle …");
    }

    /** What a stream learned. */
    static final class Stream {
        final RequestHead head;
        StreamRouter.@Nullable Pending pending;
        private final List<RoutingDecision> decisions = new ArrayList<>();

        Stream(RequestHead head) {
            this.head = head;
        }

        private void decided(RoutingDecision decision) {
            decisions.add(decision);
        }

        boolean isDecided() {
            return !decisions.isEmpty();
        }

        RoutingDecision decision() {
            assertThat(decisions).as("decisions for %s", head).hasSize(1);
            return decisions.get(0);
        }

        String server() {
            assertThat(decision()).isInstanceOf(RoutingDecision.Forward.class);
            return ((RoutingDecision.Forward) decision()).backend().serverId();
        }

        StatusAnswer answer() {
            assertThat(decision()).isInstanceOf(RoutingDecision.Answer.class);
            return ((RoutingDecision.Answer) decision()).answer();
        }

        String reason() {
            assertThat(decision()).isInstanceOf(RoutingDecision.Answer.class);
            return ((RoutingDecision.Answer) decision()).reason();
        }

        void cancel() {
            assertThat(pending).isNotNull();
            pending.cancel();
        }
    }
}
