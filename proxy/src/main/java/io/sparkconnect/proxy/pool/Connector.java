/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

import io.sparkconnect.proxy.route.Backend;
import java.util.function.Consumer;

/** Makes connections. The callbacks run on the pool's loop, never before {@link #connect} has returned. */
public interface Connector<C extends PooledConnection> {
    /**
     * @param ready gets the connection once it may carry streams
     * @param failed gets the cause in words; exactly one of the two is called
     */
    void connect(Backend backend, Events<C> events, Consumer<C> ready, Consumer<String> failed);

    /** What a connection tells its pool as long as it lives. */
    interface Events<C> {
        /** A stream ended or the peer's limit rose: somebody who waits may go. */
        void roomMayHaveGrown(C connection);

        /** It carries nothing any more. */
        void closed(C connection);
    }
}
