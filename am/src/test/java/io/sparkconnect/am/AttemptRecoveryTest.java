/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.RegistryVersions;
import io.sparkconnect.am.fixture.ServedStream;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The ApplicationMaster is killed at any moment: what the next attempt makes of it. */
class AttemptRecoveryTest {
    /** In which a next attempt must have everything as it should be; a few seconds where nothing else runs. */
    private static final Duration CONVERGES_WITHIN = Duration.ofSeconds(30);

    private static final int CHAOS_KILLS = 6;

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    /** One service, killed in one state after the other; two servers of its queue's room for two. */
    @Test
    void aMasterKilledInAnyStateOfASlotIsFollowedByOneThatLosesAndDoublesNothing() throws Exception {
        LaunchOptions options = LaunchOptions.of(1).withContainerMiB(1024);
        try (LaunchedService service = CLUSTER.launch(work, "states", options)) {
            String first = awaitRest(service, 1).iterator().next();
            try (ServedStream stream =
                    ServedStream.to(requireNonNull(service.published().get(first)))) {
                killIn(service, SlotState.READY, 0);
                survives(service, stream, 1);
                convergedInTime(service);

                // Before the ask: no node is that large.
                service.changePool(pool -> LaunchedService.withMemory(LaunchedService.withServers(pool, 2), 10_000));
                killIn(service, SlotState.WANTED, 1);
                await().until(() -> stateOf(service, "default-1") == SlotState.WANTED);
                convergedInTime(service);
                assertThat(stream.isServed()).isTrue();
                service.changePool(pool -> LaunchedService.withMemory(pool, 896));
                survives(service, stream, 2);

                // After the ask: the queue has no room for a third.
                service.changePool(pool -> LaunchedService.withServers(pool, 3));
                killIn(service, SlotState.REQUESTED, 2);
                await().until(() -> stateOf(service, "default-2") == SlotState.REQUESTED);
                convergedInTime(service);
                assertThat(service.published()).hasSize(2);
                service.changePool(pool -> LaunchedService.withServers(pool, 1));
                survives(service, stream, 1);

                // After the allocation; the moment is short, so it is tried until it is met.
                killWhileAllocated(service);
                survives(service, stream, 2);
                service.changePool(pool -> LaunchedService.withServers(pool, 1));
                survives(service, stream, 1);

                // After the launch, before the join.
                Path hold = Files.createFile(service.servers().resolve("hold-join"));
                service.changePool(pool -> LaunchedService.withServers(pool, 2));
                killIn(service, SlotState.STARTING, 1);
                Files.delete(hold);
                survives(service, stream, 2);

                // While a server drains.
                String second = otherThan(first, service);
                Files.writeString(service.servers().resolve(second + ".sessions"), "1");
                Files.writeString(service.servers().resolve(first + ".sessions"), "5");
                await().until(() -> service.status().slots().stream().allMatch(slot -> slot.sessions() > 0));
                service.changePool(pool -> LaunchedService.withServers(pool, 1));
                killIn(service, SlotState.DRAINING, 1);
                await().until(() -> stateOf(service, "default-1") == SlotState.DRAINING);
                convergedInTime(service);
                assertThat(LightSpark.livingById(service.servers())).containsKey(second);

                // While it stops, which this one does not want to.
                Files.createFile(service.servers().resolve("ignore-stop"));
                Files.writeString(service.servers().resolve(second + ".sessions"), "0");
                killIn(service, SlotState.STOPPING, 1);
                survives(service, stream, 1);
                Files.delete(service.servers().resolve("ignore-stop"));
                assertThat(service.deaths())
                        .filteredOn(death -> death.serverId().equals(second))
                        .singleElement()
                        .satisfies(death -> assertThat(death.cause()).isEqualTo(DeathCause.SCALED_IN));

                // In the pause after a failure.
                Path crash = Files.createFile(service.servers().resolve("crash"));
                service.changePool(pool -> LaunchedService.withServers(pool, 2));
                killIn(service, SlotState.BACKOFF, 1);
                Files.delete(crash);
                survives(service, stream, 2);
                assertThat(service.published()).containsKey(first);
            }
        }
    }

    @Test
    void theNextAttemptKeepsTheApplicationsOfLivingServersAndKillsThoseOfDeadOnes() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "children", 2)) {
            List<String> servers = List.copyOf(awaitRest(service, 2));
            ApplicationId living = service.submitChildOf(servers.get(0));
            ApplicationId orphan = service.submitChildOf(servers.get(1));
            ProcessHandle master = service.applicationMaster();
            LaunchedService.signal(master, "STOP");
            service.killServer(servers.get(1));

            master.destroyForcibly();

            await().until(() -> state(service, orphan) == YarnApplicationState.KILLED);
            await().until(() -> service.status().attempt() == 2);
            assertThat(state(service, living)).isEqualTo(YarnApplicationState.ACCEPTED);
        }
    }

    private static YarnApplicationState state(LaunchedService service, ApplicationId application) throws Exception {
        return service.yarn().getApplicationReport(application).getYarnApplicationState();
    }

    /**
     * YARN gives up an application after fewer failures than it meets here, unless they are older than two seconds: attempts
     * must not run out all the same.
     */
    @Test
    void killedAgainAndAgainAtAnyMomentItEndsWithExactlyTheServersThatAreWanted() throws Exception {
        long seed = Long.getLong("recovery.seed", System.nanoTime());
        Random random = new Random(seed);
        // More than fit into the two seconds.
        LaunchOptions options = LaunchOptions.of(3).withAttempts(CHAOS_KILLS - 1, Duration.ofSeconds(2));
        try (LaunchedService service = CLUSTER.launch(work, "chaos", options)) {
            awaitRest(service, 3);
            int wanted = 3;
            List<String> story = new ArrayList<>();
            for (int kill = 1; kill <= CHAOS_KILLS; kill++) {
                int attempt = service.status().attempt();
                wanted = disturb(service, wanted, random, story);
                int changes = random.nextInt(25);
                ProcessHandle master = service.applicationMaster();
                awaitRegistryChanges(service, changes);
                master.destroyForcibly();
                story.add("kill attempt " + attempt + " after " + changes + " changes of the registry");
                await().until(() -> service.status().attempt() > attempt);
            }

            try {
                awaitRest(service, wanted);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("-Drecovery.seed=" + seed + ": " + story, e);
            }
            assertThat(service.status().attempt()).as(story::toString).isGreaterThan(CHAOS_KILLS);
        }
    }

    private static int disturb(LaunchedService service, int wanted, Random random, List<String> story)
            throws Exception {
        switch (random.nextInt(4)) {
            case 0 -> {
                int next = 1 + random.nextInt(4);
                story.add("scale to " + next);
                service.changePool(pool -> LaunchedService.withServers(pool, next));
                return next;
            }
            case 1 -> {
                Map<String, Long> living = LightSpark.livingById(service.servers());
                for (String victim : living.keySet()) {
                    story.add("kill server " + victim);
                    service.killServer(victim);
                    break;
                }
            }
            case 2 -> {
                Set<String> ready = service.ready();
                for (String victim : ready) {
                    story.add("the SparkContext of " + victim + " stops");
                    Files.writeString(service.servers().resolve(victim + ".dead"), "");
                    break;
                }
            }
            default -> story.add("nothing");
        }
        return wanted;
    }

    /** Or until nothing has happened for some seconds. */
    private static void awaitRegistryChanges(LaunchedService service, int changes) throws Exception {
        int seen = 0;
        Map<String, Long> versions = new HashMap<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(4).toNanos();
        while (seen < changes && System.nanoTime() < deadline) {
            for (Map.Entry<String, Long> node : RegistryVersions.of(service).entrySet()) {
                if (!node.getValue().equals(versions.put(node.getKey(), node.getValue()))) {
                    seen++;
                }
            }
        }
    }

    private static String otherThan(String server, LaunchedService service) throws Exception {
        return service.published().keySet().stream()
                .filter(id -> !id.equals(server))
                .findFirst()
                .orElseThrow();
    }

    /** Everything is as it should be, with so many servers, and the stream was served all the while. */
    private static void survives(LaunchedService service, ServedStream stream, int servers) {
        awaitRest(service, servers);
        assertThat(stream.isServed()).as("the stream to the first server").isTrue();
    }

    /** Kills the ApplicationMaster while the slot is in the state, and waits until the next has taken over. */
    private static void killIn(LaunchedService service, SlotState state, int index) throws Exception {
        int attempt = service.status().attempt();
        ProcessHandle master = service.applicationMaster();
        String slot = "default-" + index;
        await().pollInterval(Duration.ofMillis(5)).until(() -> stateOf(service, slot) == state);
        master.destroyForcibly();
        await().until(() -> !master.isAlive());
        assertThat(stateOf(service, slot)).as("state that it died in").isEqualTo(state);
        takesOver(service, attempt);
    }

    private static void killWhileAllocated(LaunchedService service) throws Exception {
        boolean met = false;
        for (int tries = 0; !met && tries < 20; tries++) {
            int attempt = service.status().attempt();
            ProcessHandle master = service.applicationMaster();
            service.changePool(pool -> LaunchedService.withServers(pool, 2));
            await().pollInterval(Duration.ofMillis(1)).until(() -> {
                SlotState state = stateOf(service, "default-1");
                return state == SlotState.ALLOCATED || state == SlotState.STARTING || state == SlotState.READY;
            });
            master.destroyForcibly();
            await().until(() -> !master.isAlive());
            met = stateOf(service, "default-1") == SlotState.ALLOCATED;
            takesOver(service, attempt);
            if (!met) {
                awaitRest(service, 2);
                service.changePool(pool -> LaunchedService.withServers(pool, 1));
                awaitRest(service, 1);
            }
        }
        assertThat(met).as("killed while a slot was ALLOCATED").isTrue();
    }

    private static void takesOver(LaunchedService service, int attempt) {
        Awaitility.await()
                .atMost(CONVERGES_WITHIN)
                .ignoreExceptions()
                .until(() -> service.status().attempt() == attempt + 1);
    }

    /**
     * By the ApplicationMaster's own clock, from the moment that it took over: how long YARN and this machine took to start
     * its process is not its doing, and no slot here waits for a server to start.
     */
    private static void convergedInTime(LaunchedService service) throws Exception {
        ServiceStatus status = service.status();
        String tookOver = "attempt " + status.attempt() + " took over ";
        long sinceMs = status.decisions().stream()
                .filter(decision -> decision.text().startsWith(tookOver))
                .mapToLong(Decision::atMs)
                .findFirst()
                .orElseThrow();
        for (SlotRecord slot : service.slots().values()) {
            assertThat(Duration.ofMillis(slot.sinceMs() - sinceMs))
                    .as(slot + ", " + status.decisions())
                    .isLessThan(CONVERGES_WITHIN);
        }
    }

    private static @Nullable SlotState stateOf(LaunchedService service, String slot) throws Exception {
        SlotRecord record = service.slots().get(slot);
        return record == null ? null : record.state();
    }
}
