/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the session id where the test clients put it and decides as the test says. */
public final class StubRouter implements StreamRouter {
    public static final StatusAnswer NO_SESSION = new StatusAnswer(3, "no session_id", new byte[0], new byte[0]);

    public final Queue<StreamOutcome> outcomes = new ConcurrentLinkedQueue<>();
    public final Queue<byte[]> inspected = new ConcurrentLinkedQueue<>();
    public final Queue<Runnable> passOns = new ConcurrentLinkedQueue<>();
    public final Queue<Runnable> heldDecisions = new ConcurrentLinkedQueue<>();
    public final AtomicInteger cancelledDecisions = new AtomicInteger();
    public volatile boolean inspects;
    public volatile boolean holds;
    private final Function<RequestHead, RoutingDecision> decisions;

    public StubRouter(Function<RequestHead, RoutingDecision> decisions) {
        this.decisions = decisions;
    }

    public static StubRouter to(Backend backend) {
        return new StubRouter(head -> new RoutingDecision.Forward(backend, head.session()));
    }

    @Override
    public HeadReading read(String method, ByteBuf head, boolean endOfStream) {
        if (head.readableBytes() < 7) {
            return endOfStream ? new HeadReading.Refused(NO_SESSION, "no-session") : new HeadReading.NeedMore();
        }
        int start = head.readerIndex();
        if (head.getByte(start + 5) != 0x0a || head.getByte(start + 6) == 0) {
            return new HeadReading.Refused(NO_SESSION, "no-session");
        }
        int length = head.getUnsignedByte(start + 6);
        if (head.readableBytes() < 7 + length) {
            return new HeadReading.NeedMore();
        }
        SessionKey key = new SessionKey("tester", head.toString(start + 7, length, UTF_8));
        return new HeadReading.Complete(new RequestHead(method, key, null, null));
    }

    @Override
    public Pending route(
            RequestHead head, @Nullable String askedPool, EventExecutor loop, Consumer<RoutingDecision> callback) {
        if (!holds) {
            callback.accept(decisions.apply(head));
            return () -> {};
        }
        Runnable decide = () -> loop.execute(() -> callback.accept(decisions.apply(head)));
        heldDecisions.add(decide);
        return () -> {
            if (heldDecisions.remove(decide)) {
                cancelledDecisions.incrementAndGet();
            }
        };
    }

    @Override
    public RoutingDecision routeOther(@Nullable String askedPool) {
        return new RoutingDecision.Answer(
                new StatusAnswer(12, "no session", new byte[0], new byte[0]), "other-service");
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
        inspected.add(ByteBufUtil.getBytes(message));
        passOns.add(() -> loop.execute(passOn));
    }
}
