/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.sparkconnect.bench.wire.BenchMessage;
import io.sparkconnect.bench.wire.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Many idle connections: each has made one call, so that the peer has gone all the way to a server, and may have a query
 * under way whose server is silent after its first result. Driven by the measuring thread, which waits.
 */
public final class HeldConnections implements AutoCloseable {
    private static final int AT_ONCE = 16;
    private static final long PATIENCE_SECONDS = 30;

    private record Held(ClientConnection connection, Session session) {}

    private final Pattern pattern;
    private final Ledger ledger;
    private final List<Held> held = new ArrayList<>();

    private HeldConnections(Pattern pattern, Ledger ledger) {
        this.pattern = pattern;
        this.ledger = ledger;
    }

    static HeldConnections open(Connector connector, Pattern pattern, Ledger ledger, int count, boolean silentStreams) {
        HeldConnections all = new HeldConnections(pattern, ledger);
        for (int first = 0; first < count; first += AT_ONCE) {
            List<CompletableFuture<ClientConnection>> opening = new ArrayList<>();
            for (int i = first; i < Math.min(count, first + AT_ONCE); i++) {
                opening.add(connector.open(i, null));
            }
            List<Held> batch = new ArrayList<>();
            for (CompletableFuture<ClientConnection> one : opening) {
                if (all.await(one)) {
                    batch.add(new Held(one.join(), new Session()));
                }
            }
            all.held.addAll(batch);
            batch.stream().map(all::call).forEach(all::await);
            if (silentStreams) {
                batch.stream().map(all::openSilentStream).forEach(all::await);
            }
        }
        return all;
    }

    /** How many connections still answer a call. */
    public int countAlive() {
        int alive = 0;
        for (Held one : held) {
            alive += await(call(one)) ? 1 : 0;
        }
        return alive;
    }

    @Override
    public void close() {
        held.forEach(one -> one.connection().loop().execute(one.connection()::close));
    }

    private CompletableFuture<Void> call(Held one) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        one.connection().loop().execute(() -> {
            one.connection().send(new UnaryCall(one.session(), pattern, ledger, (call, wrong) -> {
                if (wrong == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(new IllegalStateException(wrong));
                }
            }));
            one.connection().flush();
        });
        return done;
    }

    private CompletableFuture<Void> openSilentStream(Held one) {
        CompletableFuture<Void> firstResult = new CompletableFuture<>();
        Ledger aside = new Ledger() {
            @Override
            void received(long payloadBytes) {
                firstResult.complete(null);
            }
        };
        one.connection().loop().execute(() -> {
            one.connection()
                    .send(new ResultCall(
                            one.session(),
                            pattern,
                            aside,
                            (call, wrong) -> firstResult.completeExceptionally(
                                    new IllegalStateException("the silent stream ended: " + wrong)),
                            BenchMessage.ONE_ANSWER_THEN_SILENCE,
                            64));
            one.connection().flush();
        });
        return firstResult;
    }

    private boolean await(CompletableFuture<?> future) {
        try {
            future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            ledger.failed(String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            ledger.failed("no answer for " + PATIENCE_SECONDS + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ledger.failed("interrupted");
        }
        return false;
    }
}
