/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.publish;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Policy;
import io.sparkconnect.am.core.RegistryImage;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.settings.SettingsException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the registry until it holds what is wanted, and reads the spec. {@link #want} and {@link #specChanged} may be
 * called anywhere and never block; everything else runs on the writer's own thread. While ZooKeeper is away, only the
 * newest wish is kept.
 */
public final class RegistryWriter {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryWriter.class);
    private static final int CHANGES_AT_ONCE = 100;
    private static final long PAUSE_WHEN_AWAY_MS = 1_000;
    private static final Duration READ_AGAIN_EVERY = Duration.ofMinutes(1);
    private static final Duration CONFIRM_EVERY = Duration.ofSeconds(3);
    private static final long LOOK_AGAIN_MS = 100;

    private final ApplicationMasterRegistry registry;
    private final int attempt;
    private final Ownership ownership;
    private final Consumer<Event> events;
    private final Consumer<String> fencedOut;
    private final AtomicReference<@Nullable RegistryImage> wanted = new AtomicReference<>();
    private final AtomicBoolean specStale = new AtomicBoolean();
    private final BlockingQueue<Boolean> wake = new ArrayBlockingQueue<>(1);
    private @Nullable RegistryImage written;
    private long specReadAtNanos;
    private long reconciledAtNanos;
    private long statusWrittenAtNanos;
    private long confirmedAtNanos;
    private final Clock clock;
    private ServiceSpec spec;
    /** How long deaths and wishes to end sessions are kept; null before a spec has said so. */
    private @Nullable Duration keep;

    private long killsForgottenAtNanos;
    private volatile boolean stopped;
    private final AtomicLong failures = new AtomicLong();

    /**
     * @param registry claimed by this attempt
     * @param spec as last read
     * @param ownership told whenever the registry took a write; asked before a claim that is gone is made again
     * @param fencedOut told when another attempt owns the service; must end this one
     * @param clock for the age of what operators wrote
     */
    public RegistryWriter(
            ApplicationMasterRegistry registry,
            int attempt,
            ServiceSpec spec,
            Ownership ownership,
            Consumer<Event> events,
            Consumer<String> fencedOut,
            Clock clock) {
        this.registry = registry;
        this.attempt = attempt;
        this.spec = spec;
        this.ownership = ownership;
        this.specReadAtNanos = ownership.nanos() - READ_AGAIN_EVERY.toNanos();
        this.confirmedAtNanos = ownership.nanos();
        this.events = events;
        this.fencedOut = fencedOut;
        this.clock = clock;
        this.killsForgottenAtNanos = specReadAtNanos;
    }

    /** From now on the registry shall hold this. */
    public void want(RegistryImage image) {
        wanted.set(image);
        wakeUp();
    }

    /** The spec may have changed. */
    public void specChanged() {
        specStale.set(true);
        wakeUp();
    }

    /** Writes that did not succeed so far. */
    public long failures() {
        return failures.get();
    }

    /** Ends {@link #run} after what it is doing. */
    public void stop() {
        stopped = true;
        wakeUp();
    }

    /** The life of the registry thread. */
    public void run() throws InterruptedException {
        registry.onSpecChange(this::specChanged);
        try {
            while (!stopped) {
                turn();
            }
        } catch (FencedOutException e) {
            fencedOut.accept(e.getMessage());
        }
    }

    private void turn() throws InterruptedException, FencedOutException {
        try {
            readSpecWhenStale();
            write();
            forgetOldKillsWhenDue();
            confirmWhenDue();
            wake.poll(1, TimeUnit.SECONDS);
        } catch (RegistryAwayException e) {
            failures.incrementAndGet();
            LOG.warn("the registry is away, its newest state is written when it is back: {}", e.getMessage());
            // Nothing is known about what was written.
            written = null;
            TimeUnit.MILLISECONDS.sleep(PAUSE_WHEN_AWAY_MS);
        } catch (FencedOutException e) {
            if (!e.nobodyOwns()) {
                throw e;
            }
            claimAgain(e);
        }
    }

    /** Sooner or later the sessions that they end are forgotten by everybody. */
    private void forgetOldKillsWhenDue() throws FencedOutException, RegistryAwayException, InterruptedException {
        long nowNanos = ownership.nanos();
        if (keep != null && nowNanos - killsForgottenAtNanos >= READ_AGAIN_EVERY.toNanos()) {
            registry.forgetKills(clock.millis() - keep.toMillis());
            killsForgottenAtNanos = nowNanos;
        }
    }

    /** An empty commit asks whether the claim holds. */
    private void confirmWhenDue() throws FencedOutException, RegistryAwayException, InterruptedException {
        if (ownership.nanos() - confirmedAtNanos >= CONFIRM_EVERY.toNanos()) {
            commit(List.of());
        }
    }

    private void commit(List<RegistryChange> changes)
            throws FencedOutException, RegistryAwayException, InterruptedException {
        long askedAtNanos = ownership.nanos();
        registry.commit(changes);
        confirmedAtNanos = askedAtNanos;
        ownership.confirmedByRegistry(askedAtNanos);
    }

    /**
     * Somebody has wiped the registry, or the service ended and this attempt has not heard of it: the ResourceManager
     * knows. If it still answers this attempt, everything is written again.
     */
    private void claimAgain(FencedOutException gone) throws InterruptedException, FencedOutException {
        failures.incrementAndGet();
        LOG.error("the registry was wiped; asks YARN whether this attempt is the present one: {}", gone.getMessage());
        long noticedAtNanos = ownership.nanos();
        while (!ownership.resourceManagerSaidSoSince(noticedAtNanos)) {
            if (stopped) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
        }
        registry.claim(attempt);
        written = null;
        specStale.set(true);
    }

    private void wakeUp() {
        // Full means that it is awake already.
        boolean unused = wake.offer(true);
    }

    private void readSpecWhenStale() throws FencedOutException, RegistryAwayException, InterruptedException {
        long nowNanos = ownership.nanos();
        boolean stale = specStale.getAndSet(false);
        if (!stale && nowNanos - specReadAtNanos < READ_AGAIN_EVERY.toNanos()) {
            return;
        }
        specReadAtNanos = nowNanos;
        try {
            ServiceSpec read = registry.readSpec();
            Policy policy = Policy.of(read);
            keep = policy.deathsKeep();
            events.accept(new Event.SpecChanged(read, policy));
            spec = read;
        } catch (RegistryDataException | SettingsException e) {
            LOG.error("the spec cannot be followed: {}", e.getMessage());
            events.accept(new Event.SpecUnusable(String.valueOf(e.getMessage())));
            registry.restoreSpec(spec);
        } catch (RegistryAwayException e) {
            specStale.set(true);
            throw e;
        }
    }

    private void write() throws RegistryAwayException, FencedOutException, InterruptedException {
        RegistryImage image = wanted.get();
        if (image == null) {
            return;
        }
        long nowNanos = ownership.nanos();
        RegistryImage before = written;
        if (before == null || nowNanos - reconciledAtNanos >= READ_AGAIN_EVERY.toNanos()) {
            // What somebody removed, or what an unanswered write did, shows only there.
            before = readWritten(before == null ? null : before.status());
            written = before;
            reconciledAtNanos = nowNanos;
        }
        boolean tell = StatusNews.isWorthWriting(
                image.status(), before.status(), Duration.ofNanos(nowNanos - statusWrittenAtNanos));
        RegistryImage next =
                tell ? image : new RegistryImage(image.slots(), image.servers(), image.deaths(), before.status());
        List<RegistryChange> changes = next.changesFrom(before);
        for (int from = 0; from < changes.size(); from += CHANGES_AT_ONCE) {
            commit(changes.subList(from, Math.min(changes.size(), from + CHANGES_AT_ONCE)));
        }
        written = next;
        if (tell) {
            statusWrittenAtNanos = nowNanos;
        }
    }

    private RegistryImage readWritten(@Nullable ServiceStatus status)
            throws RegistryAwayException, InterruptedException {
        return new RegistryImage(
                byKey(registry.readSlots(), SlotRecord::slot),
                registry.readServers(),
                byKey(List.copyOf(registry.readDeaths().values()), DeathCertificate::serverId),
                status);
    }

    private static <T> Map<String, T> byKey(List<T> records, Function<T, String> key) {
        return records.stream().collect(Collectors.toMap(key, record -> record));
    }
}
