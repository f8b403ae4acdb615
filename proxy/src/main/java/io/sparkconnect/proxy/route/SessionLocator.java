/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.concurrent.CompletableFuture;

/** Asks one server whether it holds a session. The relay makes the call; what to send and what it means is told here. */
public interface SessionLocator {
    /**
     * Calls {@code /spark.connect.SparkConnectService/ReleaseExecute} at the server and yields its final status. Returns at
     * once; the future may be completed on any thread, and fails when no status came. The router gives up by itself after
     * a few seconds.
     *
     * @param request the one request message, without its five-byte prefix
     */
    CompletableFuture<ProbeAnswer> ask(Backend backend, byte[] request);

    /**
     * What the server answered.
     *
     * @param grpcStatus 0 to 16
     * @param message {@code grpc-message}, decoded; empty when there was none
     */
    record ProbeAnswer(int grpcStatus, String message) {}
}
