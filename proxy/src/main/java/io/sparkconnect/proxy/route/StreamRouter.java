/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides for each stream. Thread-safe; called on the event loop of the stream's front connection.
 *
 * <p>The relay buffers the first bytes of the request stream (its window bounds them) and offers them until the key can be
 * read. It then asks for the decision, which may come later: while a new session waits for a server, while the binding is
 * written, while ZooKeeper is asked.
 */
public interface StreamRouter {
    /**
     * Reads the session key from the beginning of a request stream. Does not move the reader index and keeps no reference.
     *
     * @param method last part of the path, such as {@code ExecutePlan}
     * @param head the bytes of the request stream so far, gRPC prefix included
     * @param endOfStream whether no more will come
     */
    HeadReading read(String method, ByteBuf head, boolean endOfStream);

    /**
     * Shown the names of the headers with which a client asks for no pool; once for requests that have the same headers, on
     * any thread.
     */
    default void asksForNoPool(Iterable<? extends CharSequence> headerNames) {}

    /**
     * Decides. The callback runs exactly once, on {@code loop}, maybe before this method returns, and not at all after
     * {@link Pending#cancel}.
     *
     * @param askedPool the pool that the client asks for, of any length and content; null when it does not. It counts when the
     *     session is placed, and not any more then.
     */
    Pending route(RequestHead head, @Nullable String askedPool, EventExecutor loop, Consumer<RoutingDecision> callback);

    /**
     * Decides about a call of another service than Spark Connect's: it carries no session, so any ready server is as good as
     * the other of its pool. Such streams are not counted by {@link #onOutcome}.
     *
     * @param askedPool as for {@link #route}
     */
    RoutingDecision routeOther(@Nullable String askedPool);

    /**
     * A stream that was forwarded has ended: to be called exactly once for each {@link RoutingDecision.Forward} of {@link
     * #route}, on any thread. What the router learns from it: a released session, a refused clone, a server that cannot be reached, and that the
     * session has one open stream less.
     */
    void onOutcome(RequestHead head, Backend backend, StreamOutcome outcome);

    /**
     * Whether the response messages of this request must be shown to {@link #beforeResponse} before they are passed on.
     */
    boolean inspectsResponse(RequestHead head);

    /**
     * Shown the first response message of a request that {@link #inspectsResponse}; the relay passes it on only when the
     * callback has run. This is where CloneSession's new id is bound before the client can use it.
     *
     * @param message the complete message, gRPC prefix excluded; valid during the call only
     */
    void beforeResponse(RequestHead head, Backend backend, ByteBuf message, EventExecutor loop, Runnable passOn);

    /** A decision on its way. */
    interface Pending {
        /** The stream is gone; the callback will not run. Idempotent; called on the same event loop. */
        void cancel();
    }
}
