/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** How the relay ends sessions that an operator has killed. Thread-safe; nothing here blocks. */
public interface SessionEnder {
    /** Answers every stream of these sessions that is open now, but for those that end work themselves. */
    void cut(Map<SessionKey, RoutingDecision.Answer> sessions);

    /**
     * Calls an RPC of {@code spark.connect.SparkConnectService} at the server and yields its final status. The future may be
     * completed on any thread, and fails when no status came.
     *
     * @param rpc such as {@code ReleaseSession}
     * @param request the one request message, without its five-byte prefix
     */
    CompletableFuture<SessionLocator.ProbeAnswer> call(Backend backend, String rpc, byte[] request);
}
