/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.ConnectMethod;
import io.sparkconnect.proxy.route.HeadReading;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswers;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.route.StreamRouter;
import io.sparkconnect.registry.settings.ProxySettings;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses requests while too many are open over all connections. What ends work always passes, for a proxy that refuses
 * releases and interrupts keeps itself full, and a client that only wants to release waits for its answer; the streams that
 * one connection may have open bound it. What goes on with work has a reserve. Thread-safe.
 */
final class StreamQuota implements StreamRouter {
    static final String REASON = "too-many-streams";

    private static final Logger log = LoggerFactory.getLogger(StreamQuota.class);

    private static final int LEAST_RESERVE = 100;
    private static final int RESERVE_SHARE = 10;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);
    private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final StreamRouter router;
    private final int most;
    private final int mostWithReserve;
    private final LongSupplier openStreams;
    private final LongSupplier nanoTime;
    private final AtomicLong nextLogNanos;

    /**
     * @param most streams that may be open, the one that asks included
     * @param openStreams how many are open, the one that asks included
     */
    StreamQuota(StreamRouter router, int most, LongSupplier openStreams, LongSupplier nanoTime) {
        this.router = router;
        this.most = most;
        this.mostWithReserve = most + Math.max(LEAST_RESERVE, most / RESERVE_SHARE);
        this.openStreams = openStreams;
        this.nanoTime = nanoTime;
        this.nextLogNanos = new AtomicLong(nanoTime.getAsLong());
    }

    @Override
    public Pending route(
            RequestHead head, @Nullable String askedPool, EventExecutor loop, Consumer<RoutingDecision> callback) {
        long open = openStreams.getAsLong();
        if (open <= most || maySurpass(head.method(), open)) {
            return router.route(head, askedPool, loop, callback);
        }
        callback.accept(refusal(open));
        return () -> {};
    }

    private boolean maySurpass(String method, long open) {
        ConnectMethod asked = ConnectMethod.of(method);
        return asked.isNeverLimited() || (asked == ConnectMethod.REATTACH_EXECUTE && open <= mostWithReserve);
    }

    @Override
    public RoutingDecision routeOther(@Nullable String askedPool) {
        long open = openStreams.getAsLong();
        return open <= most ? router.routeOther(askedPool) : refusal(open);
    }

    @Override
    public void asksForNoPool(Iterable<? extends CharSequence> headerNames) {
        router.asksForNoPool(headerNames);
    }

    private RoutingDecision refusal(long open) {
        long now = nanoTime.getAsLong();
        long next = nextLogNanos.get();
        if (now - next >= 0 && nextLogNanos.compareAndSet(next, now + LOG_INTERVAL_NANOS)) {
            log.warn("streams={} open: new ones are refused ({}={})", open, ProxySettings.STREAMS_MAX, most);
        }
        String text = "This proxy has as many requests open as it may have (" + most
                + "). Try again later, or ask the operator for a higher " + ProxySettings.STREAMS_MAX + ".";
        return new RoutingDecision.Answer(StatusAnswers.resourceExhausted(text, RETRY_AFTER), REASON);
    }

    @Override
    public HeadReading read(String method, ByteBuf head, boolean endOfStream) {
        return router.read(method, head, endOfStream);
    }

    @Override
    public void onOutcome(RequestHead head, Backend backend, StreamOutcome outcome) {
        router.onOutcome(head, backend, outcome);
    }

    @Override
    public boolean inspectsResponse(RequestHead head) {
        return router.inspectsResponse(head);
    }

    @Override
    public void beforeResponse(
            RequestHead head, Backend backend, ByteBuf message, EventExecutor loop, Runnable passOn) {
        router.beforeResponse(head, backend, message, loop, passOn);
    }
}
