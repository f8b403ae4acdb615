/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.concurrent.EventExecutor;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.HeadReading;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.route.StreamRouter;
import io.sparkconnect.registry.SessionKey;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Sends every stream to one server, or where the test says. Remembers the outcomes. */
class FixedRouter implements StreamRouter {
    final List<StreamOutcome> outcomes = new CopyOnWriteArrayList<>();
    final Function<RequestHead, RoutingDecision> decide;
    final List<String> inspected = new CopyOnWriteArrayList<>();
    final Queue<Runnable> passOns = new ConcurrentLinkedQueue<>();
    final Queue<Runnable> decisions = new ConcurrentLinkedQueue<>();
    final AtomicInteger cancelledDecisions = new AtomicInteger();
    volatile int headBytes = 5;
    volatile boolean inspects;
    volatile boolean holds;
    volatile RoutingDecision other =
            new RoutingDecision.Answer(new StatusAnswer(12, "no session", new byte[0], new byte[0]), "other-service");

    FixedRouter(Function<RequestHead, RoutingDecision> decide) {
        this.decide = decide;
    }

    static FixedRouter to(Backend backend) {
        return new FixedRouter(head -> new RoutingDecision.Forward(backend, head.session()));
    }

    @Override
    public HeadReading read(String method, ByteBuf head, boolean endOfStream) {
        if (head.readableBytes() < headBytes) {
            return new HeadReading.NeedMore();
        }
        return new HeadReading.Complete(new RequestHead(method, new SessionKey("user", "session"), null, null));
    }

    @Override
    public Pending route(
            RequestHead head, @Nullable String askedPool, EventExecutor loop, Consumer<RoutingDecision> callback) {
        if (holds) {
            decisions.add(() -> callback.accept(decide.apply(head)));
            return cancelledDecisions::incrementAndGet;
        }
        callback.accept(decide.apply(head));
        return () -> {};
    }

    @Override
    public RoutingDecision routeOther(@Nullable String askedPool) {
        return other;
    }

    @Override
    public void onOutcome(RequestHead head, Backend backend, StreamOutcome outcome) {
        outcomes.add(outcome);
    }

    @Override
    public boolean inspectsResponse(RequestHead head) {
        return inspects;
    }

    @Override
    public void beforeResponse(
            RequestHead head, Backend backend, ByteBuf message, EventExecutor loop, Runnable passOn) {
        inspected.add(ByteBufUtil.hexDump(message));
        passOns.add(passOn);
    }
}
