/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Finds the server of a session that no table knows, by {@link LocateProbe}. Thread-safe. */
public final class SessionSearch {
    private final SessionLocator locator;
    private final Supplier<UUID> operations;
    private final Duration patience;

    /**
     * @param operations ids of operations that nobody has
     * @param patience how long a server may take to answer
     */
    public SessionSearch(SessionLocator locator, Supplier<UUID> operations, Duration patience) {
        this.locator = locator;
        this.operations = operations;
        this.patience = patience;
    }

    /** The one that says that it holds the session; empty when none says so. Never fails. */
    public CompletableFuture<Optional<Backend>> find(SessionKey session, Collection<Backend> servers) {
        byte[] request = LocateProbe.request(session, operations.get());
        CompletableFuture<Optional<Backend>> result = new CompletableFuture<>();
        List<CompletableFuture<Void>> answers = servers.stream()
                .map(server -> ask(server, request).thenAccept(verdict -> {
                    if (verdict == LocateProbe.Verdict.HERE) {
                        result.complete(Optional.of(server));
                    }
                }))
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> result.getNow(Optional.empty()))
                .applyToEither(result, found -> found);
    }

    private CompletableFuture<LocateProbe.Verdict> ask(Backend server, byte[] request) {
        return locator.ask(server, request)
                .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .handle((answer, failure) ->
                        answer == null ? LocateProbe.Verdict.UNCLEAR : LocateProbe.verdict(answer));
    }
}
