/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.RegistryImage;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegistryWriterTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochSecond(1_000_000), ZoneOffset.UTC);

    private final MemoryRegistry registry = new MemoryRegistry();
    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private final AtomicReference<@Nullable String> fenced = new AtomicReference<>();
    private final Ownership ownership = new Ownership(Duration.ofSeconds(10), System::nanoTime);
    private final RegistryWriter writer =
            new RegistryWriter(registry, 1, spec(1), ownership, events::add, fenced::set, CLOCK);
    private final Thread thread = new Thread(() -> {
        try {
            writer.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    });

    @AfterEach
    void stop() throws InterruptedException {
        writer.stop();
        thread.join(10_000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void writesWhatIsWantedAndRemovesWhatIsNot() {
        registry.servers.put("old", server("old"));
        thread.start();

        writer.want(image("a", "b"));
        await().until(() -> registry.servers.keySet().equals(java.util.Set.of("a", "b")));
        writer.want(image("b"));

        await().until(() -> registry.servers.keySet().equals(java.util.Set.of("b")));
    }

    @Test
    void bringsTheNewestWishWhenTheRegistryIsBackEvenAfterAWriteOfUnknownOutcome() {
        thread.start();
        writer.want(image("a"));
        await().until(() -> registry.servers.containsKey("a"));

        registry.away = true;
        writer.want(image("a", "b"));
        // It was written, but the answer was lost.
        await().until(() -> registry.servers.containsKey("b"));
        writer.want(image("c"));
        registry.away = false;

        await().until(() -> registry.servers.keySet().equals(java.util.Set.of("c")));
        assertThat(writer.failures()).isPositive();
    }

    @Test
    void tellsThatAnotherAttemptOwnsTheService() {
        registry.fenced = true;
        thread.start();

        writer.want(image("a"));

        await().until(() -> fenced.get() != null);
    }

    @Test
    void forgetsOperatorsWishesToEndSessionsWhenTheyAreAsOldAsDeathsGet() {
        thread.start();

        await().until(() -> registry.killsForgottenBeforeMs.get() > 0);

        assertThat(CLOCK.millis() - registry.killsForgottenBeforeMs.get())
                .as("sparkconnect.deaths.keep")
                .isEqualTo(Duration.ofHours(24).toMillis());
    }

    @Test
    void readsTheSpecAtItsStartAndWhenItChanges() {
        thread.start();
        await().until(() -> generations().contains(1L));

        registry.generation = 2;
        writer.specChanged();

        await().until(() -> generations().contains(2L));
    }

    @Test
    void writesEverythingAgainWhenTheRegistryWasWipedAndYarnStillKnowsTheAttempt() {
        thread.start();
        writer.want(image("a"));
        await().until(() -> registry.servers.containsKey("a"));

        registry.servers.clear();
        registry.specIsMissing = true;
        registry.wiped = true;
        // Nothing else makes it look: it asks by itself whether its claim holds.
        await().until(() -> writer.failures() > 0);
        assertThat(registry.claims).as("YARN has not answered since").hasValue(0);
        ownership.confirmedByResourceManager(System.nanoTime());

        await().until(() -> registry.servers.containsKey("a") && !registry.specIsMissing);
        assertThat(registry.claims).hasValue(1);
        assertThat(fenced.get()).isNull();
    }

    private static ServiceSpec spec(long generation) {
        return new ServiceSpec(generation, "svc", "ana", DesiredState.RUNNING, 0, Map.of(), Map.of());
    }

    private List<Long> generations() {
        return List.copyOf(events).stream()
                .filter(Event.SpecChanged.class::isInstance)
                .map(event -> ((Event.SpecChanged) event).spec().generation())
                .toList();
    }

    private static RegistryImage image(String... servers) {
        Map<String, ServerRecord> records = new java.util.HashMap<>();
        for (String id : servers) {
            records.put(id, server(id));
        }
        return new RegistryImage(Map.of(), records, Map.of(), null);
    }

    private static ServerRecord server(String id) {
        return new ServerRecord(
                id,
                "i",
                "h",
                1,
                "default",
                null,
                ServerState.READY,
                ServerLoad.UNKNOWN,
                60,
                "default-0",
                null,
                null,
                null,
                1);
    }

    /** Keeps servers only; while away it does what it is told and answers that it did not. */
    private static final class MemoryRegistry implements ApplicationMasterRegistry {
        final Map<String, ServerRecord> servers = new ConcurrentHashMap<>();
        volatile boolean away;
        volatile boolean fenced;
        volatile boolean wiped;
        volatile boolean specIsMissing;
        volatile long generation = 1;
        final AtomicInteger claims = new AtomicInteger();
        final AtomicLong killsForgottenBeforeMs = new AtomicLong();

        @Override
        public void claim(int attempt) {
            claims.incrementAndGet();
            wiped = false;
        }

        @Override
        public void restoreSpec(ServiceSpec spec) {
            specIsMissing = false;
        }

        @Override
        public ServiceSpec readSpec() {
            if (specIsMissing) {
                throw new RegistryDataException("/svc/spec does not exist", null);
            }
            return spec(generation);
        }

        @Override
        public List<SlotRecord> readSlots() {
            return List.of();
        }

        @Override
        public Map<String, ServerRecord> readServers() throws RegistryAwayException {
            if (away) {
                throw new RegistryAwayException("away", null);
            }
            return Map.copyOf(servers);
        }

        @Override
        public Map<String, DeathCertificate> readDeaths() {
            return Map.of();
        }

        @Override
        public Optional<ServiceStatus> readStatus() {
            return Optional.empty();
        }

        @Override
        public void commit(List<RegistryChange> changes) throws FencedOutException, RegistryAwayException {
            if (wiped) {
                throw new FencedOutException("its claim was removed", true);
            }
            if (fenced) {
                throw new FencedOutException("attempt 2");
            }
            for (RegistryChange change : changes) {
                if (change instanceof RegistryChange.PutServer put) {
                    servers.put(put.server().serverId(), put.server());
                } else if (change instanceof RegistryChange.RemoveServer remove) {
                    servers.remove(remove.serverId());
                }
            }
            if (away) {
                throw new RegistryAwayException("away", null);
            }
        }

        @Override
        public void onSpecChange(Runnable listener) {}

        @Override
        public void onProxies(Consumer<ProxySnapshot> listener) {}

        @Override
        public void forgetKills(long beforeMs) {
            killsForgottenBeforeMs.set(beforeMs);
        }

        @Override
        public void removeService() {
            servers.clear();
        }

        @Override
        public void close() {}
    }
}
