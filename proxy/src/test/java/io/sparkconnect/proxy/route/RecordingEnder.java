/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sparkconnect.registry.SessionKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/** A relay that writes down what it is told, and servers that answer as the test says: OK where it says nothing. */
final class RecordingEnder implements SessionEnder {
    final Map<SessionKey, RoutingDecision.Answer> cut = new HashMap<>();
    /** {@code server rpc}. */
    final List<String> calls = new ArrayList<>();

    final List<byte[]> requests = new ArrayList<>();
    /** The next answers' statuses; -1 for none at all. */
    final Queue<Integer> statuses = new ArrayDeque<>();

    @Override
    public void cut(Map<SessionKey, RoutingDecision.Answer> sessions) {
        cut.putAll(sessions);
    }

    @Override
    public CompletableFuture<SessionLocator.ProbeAnswer> call(Backend backend, String rpc, byte[] request) {
        calls.add(backend.serverId() + " " + rpc);
        requests.add(request);
        Integer status = statuses.poll();
        return status != null && status < 0
                ? CompletableFuture.failedFuture(new IllegalStateException("connection refused"))
                : CompletableFuture.completedFuture(new SessionLocator.ProbeAnswer(status == null ? 0 : status, ""));
    }

    String request(int number) {
        return new String(requests.get(number), UTF_8);
    }
}
