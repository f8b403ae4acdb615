/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

/** Tells the core what happens, step by step, and keeps what it did. */
final class CoreStory {
    private static final String APPLICATION = "application_1_0001";

    private Core core;
    private final List<Action> actions = new ArrayList<>();
    private static final long BEGINNING_MS = 1_000_000_000;

    private long wallMs;
    private long nanos;
    private final SteadyClock clock;
    private long maxMemoryMiB = 8192;
    private Spreading spreading = Specs.BY_BLACKLIST;
    private int containers;
    private final int attempt;

    CoreStory(int attempt, long wallMs) {
        this.wallMs = wallMs;
        this.clock = new SteadyClock(() -> this.wallMs, () -> nanos);
        this.attempt = attempt;
        this.core = new Core(
                new Identity("svc", APPLICATION, attempt, "ana", "http://am:1", wallMs, "http"), new Random(7));
    }

    static CoreStory ofServers(int count) {
        return of(Specs.servers(count, 1));
    }

    static CoreStory of(ServiceSpec spec) {
        CoreStory story = new CoreStory(1, BEGINNING_MS);
        story.recover(spec, List.of(), RegistryImage.EMPTY);
        story.nodes("n1:1", "n2:1");
        return story;
    }

    /** On a YARN that takes placement constraints; its nodes are seen, and its queues not yet. */
    static CoreStory withConstraints(ServiceSpec spec, NodeView... nodes) {
        CoreStory story = new CoreStory(1, BEGINNING_MS);
        story.spreading = Spreading.byConstraints("the handler is scheduler");
        story.recover(spec, List.of(), RegistryImage.EMPTY);
        return story.happens(new Event.NodesSeen(List.of(nodes)));
    }

    /** A later attempt that finds what this one has written. */
    CoreStory nextAttempt(ServiceSpec spec, List<ContainerGrant> reported) {
        return nextAttempt(spec, reported, Duration.ZERO);
    }

    /** @param ahead how much later it is by the clock that the next attempt sees than by the one that this attempt saw */
    CoreStory nextAttempt(ServiceSpec spec, List<ContainerGrant> reported, Duration ahead) {
        return nextAttemptBeforeNodes(spec, reported, ahead).nodes("n1:1", "n2:1");
    }

    /** The same before YARN has told it of the nodes. */
    CoreStory nextAttemptBeforeNodes(ServiceSpec spec, List<ContainerGrant> reported, Duration ahead) {
        CoreStory next = new CoreStory(attempt + 1, wallMs + ahead.toMillis());
        next.containers = containers;
        next.spreading = spreading;
        next.recover(spec, reported, outlook().image());
        return next;
    }

    /** The same, when somebody has wiped the registry in the meantime. */
    CoreStory nextAttemptAfterAWipe(ServiceSpec spec, List<ContainerGrant> reported) {
        CoreStory next = new CoreStory(attempt + 1, wallMs);
        next.containers = containers;
        next.recover(spec, reported, RegistryImage.EMPTY);
        next.nodes("n1:1", "n2:1");
        return next;
    }

    private void recover(ServiceSpec spec, List<ContainerGrant> reported, RegistryImage written) {
        happens(new Event.AttemptRecovered(new Recovered(
                spec,
                Specs.POLICY,
                reported,
                List.copyOf(written.slots().values()),
                List.copyOf(written.servers().values()),
                List.copyOf(written.deaths().values()),
                written.status(),
                maxMemoryMiB,
                8,
                spreading)));
    }

    /** @param maximum what YARN says at registration that a container may have at most, MiB */
    static CoreStory of(ServiceSpec spec, long maximum) {
        CoreStory story = new CoreStory(1, BEGINNING_MS);
        story.maxMemoryMiB = maximum;
        story.recover(spec, List.of(), RegistryImage.EMPTY);
        story.nodes("n1:1", "n2:1");
        return story;
    }

    CoreStory nodes(String... names) {
        List<NodeView> views = new ArrayList<>();
        for (String name : names) {
            views.add(new NodeView(name, NodeView.Condition.RUNNING, 4096, 4));
        }
        return happens(new Event.NodesSeen(views));
    }

    /** One proxy, up since before everything, tells of its waiting sessions and of those on servers. */
    CoreStory proxyTells(int held, Map<String, Integer> sessionsByServer) {
        Map<String, Integer> waiting = held == 0 ? Map.of() : Map.of("", held);
        ProxyRecord proxy = new ProxyRecord("p", "primary:15002", "", 1, 1, held, 1, waiting, sessionsByServer);
        return happens(new Event.ProxiesSeen(new ProxySnapshot(Map.of("p", proxy), true)));
    }

    /** The queue as the ResourceManager shows it. */
    CoreStory queueHas(long maximumMiB, long allocatedMiB) {
        QueueView.Share share = new QueueView.Share(maximumMiB / 2, maximumMiB);
        return happens(new Event.QueuesSeen(
                List.of(new QueueView("sparkconnect", Map.of("", share), "", allocatedMiB, 0)), 128));
    }

    /** A queue with room, and the node labels that its applications may ask for. */
    CoreStory queueMayUse(String... labels) {
        QueueView.Share share = new QueueView.Share(4096, 8192);
        return happens(new Event.QueuesSeen(
                List.of(new QueueView("sparkconnect", Map.of("", share, "CORE", share), "", 0, 0, Set.of(labels))),
                128));
    }

    PoolStatus pool() {
        return Objects.requireNonNull(outlook().live().pools().get("default"));
    }

    ScalingStatus scaling() {
        return Objects.requireNonNull(pool().scaling());
    }

    int target() {
        return pool().desired();
    }

    List<String> decisions() {
        return outlook().live().decisions().stream().map(Decision::text).toList();
    }

    CoreStory happens(Event event) {
        actions.addAll(core.handle(event, clock.getAsLong()));
        return this;
    }

    /** They waited together: all are taken in before anything is decided. */
    CoreStory happenTogether(Event... events) {
        actions.addAll(core.handle(List.of(events), clock.getAsLong()));
        return this;
    }

    CoreStory passes(Duration time) {
        long untilNanos = nanos + time.toNanos();
        wallMs += time.toMillis();
        while (nanos < untilNanos) {
            nanos = Math.min(untilNanos, nanos + SteadyClock.LONGEST_STEP.toNanos());
            long unused = clock.getAsLong();
        }
        return happens(new Event.Tick());
    }

    /** Somebody sets the machine's clock. */
    CoreStory clockIsSet(Duration by) {
        wallMs += by.toMillis();
        return this;
    }

    /** The process does nothing for a while, and then goes on. */
    CoreStory standsStill(Duration time) {
        wallMs += time.toMillis();
        nanos += time.toNanos();
        return happens(new Event.Tick());
    }

    /** What the machine's clock shows. */
    long nowMs() {
        return wallMs;
    }

    /** YARN grants the slot's present ask on a node. */
    String allocate(String slot, String node) {
        containers++;
        String id = "container_1_0001_01_%06d".formatted(containers);
        happens(new Event.Allocated(new ContainerGrant(id, record(slot).allocationRequestId(), node, "n:8042")));
        return id;
    }

    /** Takes a slot all the way to READY. */
    String makeReady(String slot, String node) {
        String container = allocate(slot, node);
        happens(new Event.Started(container));
        join(container, "i-" + container);
        poll(container, 0);
        assertThat(record(slot).state()).isEqualTo(SlotState.READY);
        return container;
    }

    CoreStory join(String container, String instance) {
        return happens(new Event.Joined(
                1, new JoinRequest(container, instance, "n1", 4000, 4001, "4.3.0", "application_1_0009")));
    }

    CoreStory poll(String container, int sessions) {
        return happens(new Event.Polled(
                container, new HealthAnswer("i-" + container, true, "", new ServerLoad(sessions, 0, 10, 100), null)));
    }

    CoreStory pollFails(String container) {
        return happens(new Event.PollFailed(container, "connection refused"));
    }

    CoreStory completes(String container, int exitStatus) {
        return happens(new Event.Completed(container, exitStatus, ""));
    }

    Outlook outlook() {
        return Objects.requireNonNull(core.outlook(clock.getAsLong(), wallMs));
    }

    SlotRecord record(String slot) {
        SlotRecord record = outlook().image().slots().get(slot);
        assertThat(record).as("slot " + slot).isNotNull();
        return Objects.requireNonNull(record);
    }

    /** What is published of a server. */
    ServerRecord server(String container) {
        ServerRecord server = outlook().image().servers().get(container);
        assertThat(server).as("published server " + container).isNotNull();
        return Objects.requireNonNull(server);
    }

    SlotState state(String slot) {
        return record(slot).state();
    }

    DeathCertificate death(String container) {
        DeathCertificate death = outlook().image().deaths().get(container);
        assertThat(death).as("death certificate of " + container).isNotNull();
        return Objects.requireNonNull(death);
    }

    /** All actions of a kind since the last look; forgets everything. */
    <T extends Action> List<T> took(Class<T> kind) {
        List<T> found =
                actions.stream().filter(kind::isInstance).map(kind::cast).toList();
        actions.clear();
        return found;
    }

    /** The same without forgetting. */
    <T extends Action> List<T> done(Class<T> kind) {
        return actions.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    CoreStory forget() {
        actions.clear();
        return this;
    }
}
