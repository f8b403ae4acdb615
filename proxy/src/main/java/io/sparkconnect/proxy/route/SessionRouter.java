/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routing rules. Affinity never lies: a session goes to the server that has it, or is told that it is gone.
 *
 * <p>Threads: a stream of a known session is decided on its own event loop, from an immutable fleet and a concurrent map, in
 * well under a microsecond. Everything else (first RPCs, waiting, what is learned from failures) is handed to one core
 * thread, which alone changes bindings and never blocks; its decisions are handed back to the stream's loop.
 */
public final class SessionRouter implements StreamRouter, RouterView, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SessionRouter.class);

    private static final long TICK_MS = 200;
    private static final Pending DECIDED = () -> {};

    private final RouterState state;
    private final Answers answers;
    private final Verdicts verdicts;
    private final WriteBehind writeBehind;
    private final RouteCore routes;
    private final SessionKeyReader reader;
    private final SessionlessCalls sessionlessCalls;
    private final MistypedPool mistypedPool;
    private final Runnable onClose;
    private final AtomicInteger waiting = new AtomicInteger();

    SessionRouter(
            RouterSettings settings,
            SessionTable table,
            @Nullable SessionLocator locator,
            @Nullable SessionEnder ender,
            Executor core,
            RouterClock clock,
            RandomGenerator random,
            Runnable onClose) {
        this.state = new RouterState(settings, table, core, clock, random);
        this.answers = new Answers(state);
        this.verdicts = new Verdicts(state, answers);
        this.writeBehind = new WriteBehind(state);
        this.routes = new RouteCore(state, answers, verdicts, writeBehind, locator, ender, UUID::randomUUID);
        this.reader = new SessionKeyReader(settings.maxHeadBytes());
        this.sessionlessCalls = new SessionlessCalls(state, answers);
        this.mistypedPool = new MistypedPool(state);
        this.onClose = onClose;
    }

    /**
     * A router with a core thread of its own, at work until {@link #close}. Directory and table stay the caller's to close,
     * after the router.
     *
     * @param locator how servers are asked for a session; null when they cannot be asked, which makes the router refuse
     *     sessions that it cannot account for
     * @param ender how sessions are ended that an operator has killed; null makes the router only refuse them
     */
    public static SessionRouter start(
            RouterSettings settings,
            ServerDirectory directory,
            SessionTable table,
            @Nullable SessionLocator locator,
            @Nullable SessionEnder ender) {
        CoreThread core = new CoreThread();
        SessionRouter router = new SessionRouter(
                settings, table, locator, ender, core, RouterClock.ofThisMachine(), new Random(), core::close);
        // The core does nothing yet. Calls without a session do not wait for it: what is listed must be known by now.
        router.routes.snapshotChanged(directory.snapshot());
        directory.addListener(router::snapshotChanged);
        core.tick(router.routes::tick, TICK_MS);
        return router;
    }

    @Override
    public HeadReading read(String method, ByteBuf head, boolean endOfStream) {
        return reader.read(method, head, endOfStream);
    }

    @Override
    public void asksForNoPool(Iterable<? extends CharSequence> headerNames) {
        mistypedPool.look(headerNames);
    }

    @Override
    public Pending route(
            RequestHead head, @Nullable String askedPool, EventExecutor loop, Consumer<RoutingDecision> callback) {
        ConnectMethod method = ConnectMethod.of(head.method());
        Binding known = state.bindings.get(head.session());
        if (known != null && head.newSessionId() == null) {
            RoutingDecision decision = verdicts.decide(known, method);
            if (decision != null) {
                known.awaitsClone = false;
                verdicts.delivered(known, decision);
                callback.accept(decision);
                return DECIDED;
            }
        }
        if (waiting.incrementAndGet() > state.settings.maxUndecided() && !method.isNeverLimited()) {
            waiting.decrementAndGet();
            callback.accept(answers.tooManyUndecided());
            return DECIDED;
        }
        Waiter waiter = new Waiter(head, askedPool, loop, callback, state.now(), this::waiterOver);
        state.core.execute(() -> routes.arrive(waiter));
        return waiter;
    }

    @Override
    public RoutingDecision routeOther(@Nullable String askedPool) {
        return sessionlessCalls.decide(askedPool);
    }

    /**
     * Called exactly once for each stream that was forwarded, when it ends; on any thread. A ReleaseSession that the server
     * answered with OK has ended its session.
     */
    @Override
    public void onOutcome(RequestHead head, Backend backend, StreamOutcome outcome) {
        Binding binding = state.bindings.get(head.session());
        if (binding != null) {
            binding.streamEnded();
            binding.use(state.now());
        }
        String serverId = backend.serverId();
        if (outcome instanceof StreamOutcome.Answered answered) {
            state.suspects.answered(serverId);
            answered(head, serverId, answered.grpcStatus() == StatusAnswers.OK);
        } else if (outcome instanceof StreamOutcome.ConnectFailed failed) {
            state.core.execute(() -> routes.serverFailed(serverId, failed.cause()));
        } else if (outcome instanceof StreamOutcome.ConnectionLost lost) {
            state.core.execute(() -> routes.serverFailed(serverId, lost.cause()));
        }
    }

    @Override
    public boolean inspectsResponse(RequestHead head) {
        return head.newSessionId() == null && ConnectMethod.of(head.method()) == ConnectMethod.CLONE_SESSION;
    }

    @Override
    public void beforeResponse(
            RequestHead head, Backend backend, ByteBuf message, EventExecutor loop, Runnable passOn) {
        String newSessionId = Clones.newSessionId(message);
        if (newSessionId == null) {
            LOG.warn(
                    "session={} server={} the answer to CloneSession names no new session",
                    head.session(),
                    backend.serverId());
            passOn.run();
            return;
        }
        SessionKey clone = new SessionKey(head.session().userId(), newSessionId);
        state.core.execute(() -> routes.bindClone(clone, backend.serverId(), () -> loop.execute(passOn)));
    }

    /** Ends the core thread; streams that wait get no answer any more. */
    @Override
    public void close() {
        onClose.run();
    }

    void snapshotChanged(ServerSnapshot snapshot) {
        state.core.execute(() -> routes.snapshotChanged(snapshot));
    }

    /** On the core thread. */
    void tick() {
        routes.tick();
    }

    private void answered(RequestHead head, String serverId, boolean ok) {
        ConnectMethod method = ConnectMethod.of(head.method());
        if (method == ConnectMethod.RELEASE_SESSION && ok && !head.allowReconnect()) {
            state.core.execute(() -> routes.sessionEnded(head.session(), serverId));
        } else if (method == ConnectMethod.CLONE_SESSION && !ok && head.newSessionId() != null) {
            SessionKey clone = new SessionKey(head.session().userId(), head.newSessionId());
            state.core.execute(() -> routes.cloneRefused(clone, serverId));
        }
    }

    private void waiterOver(Waiter waiter, boolean cancelled) {
        waiting.decrementAndGet();
        if (cancelled) {
            state.core.execute(() -> routes.cancelled(waiter));
        }
    }

    @Override
    public List<ServerRow> servers() {
        return ViewRows.servers(state);
    }

    @Override
    public List<SessionRow> sessions(int limit) {
        return ViewRows.sessions(state, limit);
    }

    @Override
    public List<PoolRow> pools() {
        return ViewRows.pools(state);
    }

    @Override
    public int sessionCount() {
        return state.bindings.size();
    }

    @Override
    public Map<String, Integer> heldSessions() {
        return state.heldSessions;
    }

    @Override
    public Map<String, Integer> sessionsByServer() {
        return state.bindings.countByServer();
    }

    @Override
    public int waitingStreams() {
        return waiting.get();
    }

    @Override
    public int heldStreams() {
        return state.heldStreams;
    }

    @Override
    public int waitingSearches() {
        return state.waitingSearches;
    }

    @Override
    public int unwritten() {
        return writeBehind.size();
    }

    @Override
    public String alarm() {
        return RegistryAlarm.text(state.fleet);
    }

    @Override
    public boolean registryConnected() {
        return state.fleet.connected();
    }

    @Override
    public int readyServers() {
        return state.seats.welcoming(state.fleet, Fleet.ANY_POOL, state.now()).size();
    }

    @Override
    public long count(RouterEvent event) {
        return state.counted(event);
    }
}
