/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightFate;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.WaysToDie;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.NodeId;
import org.apache.hadoop.yarn.api.records.SignalContainerCommand;
import org.apache.hadoop.yarn.server.resourcemanager.ResourceManager;
import org.apache.hadoop.yarn.server.resourcemanager.rmnode.RMNodeEvent;
import org.apache.hadoop.yarn.server.resourcemanager.rmnode.RMNodeEventType;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Ways in which servers die in a real YARN, and what becomes known of it. */
class ServerDeathsTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    private interface Blow {
        void strike(LaunchedService service, String server) throws Exception;
    }

    @Test
    void eightWaysToDieShowEightCausesAndEachIsReplaced() throws Exception {
        LaunchOptions options = LaunchOptions.of(2).with("sparkconnect.server.crash.launches.per.minute", "1000");
        try (LaunchedService service = CLUSTER.launch(work, "dying", options)) {
            awaitRest(service, 2);

            assertThat(death(service, (all, server) -> meet(all, server, LightFate.HEAP_OOM)))
                    .satisfies(died(DeathCause.HEAP_EXHAUSTED, 3, "sparkconnect.server.memory"))
                    .satisfies(death -> assertThat(death.lastLines())
                            .anyMatch(line -> line.contains("Terminating due to java.lang.OutOfMemoryError")));
            assertThat(death(service, (all, server) -> meet(all, server, LightFate.GOBBLES)))
                    .satisfies(died(DeathCause.CONTAINER_MEMORY_EXCEEDED, -104, "sparkconnect.server.memory.overhead"));
            assertThat(death(service, (all, server) -> preempt(server)))
                    .satisfies(died(DeathCause.PREEMPTED, -102, "sparkconnect.queue"));
            assertThat(death(service, LaunchedService::killServer)).satisfies(died(DeathCause.KILLED, 137, "overhead"));
            assertThat(death(service, (all, server) -> meet(all, server, LightFate.DISK_FULL)))
                    .satisfies(died(DeathCause.DISK_FAILED, 1, "yarn.nodemanager.local-dirs"))
                    .satisfies(death ->
                            assertThat(death.lastLines()).anyMatch(line -> line.contains("No space left on device")));
            assertThat(death(
                            service,
                            (all, server) -> all.yarn()
                                    .signalToContainer(
                                            ContainerId.fromString(server), SignalContainerCommand.GRACEFUL_SHUTDOWN)))
                    .satisfies(died(DeathCause.TERMINATED, 143, null));
            assertThat(badStart(service))
                    .satisfies(died(DeathCause.START_FAILED, 1, "sparkconnect.server.conf.*"))
                    .satisfies(death -> assertThat(death.lastLines())
                            .anyMatch(line -> line.contains("IllegalArgumentException: bad configuration")));
            // At the end: the node comes back, but not at once, and the ApplicationMaster may be on it.
            assertThat(death(service, (all, server) -> loseNodeOf(all, server)))
                    .satisfies(died(DeathCause.NODE_LOST, -100, null));

            awaitRest(service, 2);
            await().untilAsserted(() -> {
                String page = get(service.status().webUrl() + "/");
                String metrics = get(service.status().webUrl() + "/metrics");
                for (WaysToDie way : WaysToDie.values()) {
                    assertThat(page).contains("<td>" + way.cause().inWords().replace("'", "&#39;") + "</td>");
                    assertThat(metrics)
                            .containsPattern("sparkconnect_deaths\\{cause=\""
                                    + way.cause().name().toLowerCase(Locale.ROOT) + "\"} [1-9]");
                }
            });
        }
    }

    private static String get(String url) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /**
     * YARN hands on nothing of what a killed container wrote, so its node is asked. (One is killed on each of the nodes:
     * Hadoop's web pages hang on a static filter, so of all nodes in one process only the last one's answer.)
     */
    @Test
    void theLastWordsOfAKilledServerAreAskedOfItsNode() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "words", 2)) {
            for (String server : awaitRest(service, 2)) {
                service.killServer(server);
            }

            await().until(() -> service.deaths().stream()
                    .anyMatch(death -> death.lastLines().contains("light server " + death.serverId() + " listens")));
            awaitRest(service, 2);
        }
    }

    /** A server that hangs, and one that takes its time for every answer. */
    @Test
    void aHungServerIsReplacedAndASlowOneIsLeftAlone() throws Exception {
        LaunchOptions options = LaunchOptions.of(2)
                .with("sparkconnect.server.health.interval", "1s")
                .with("sparkconnect.server.health.failures", "5");
        try (LaunchedService service = CLUSTER.launch(work, "hung", options)) {
            List<String> servers = List.copyOf(awaitRest(service, 2));
            String slow = servers.get(0);
            String hung = servers.get(1);
            // Longer than the interval, shorter than what condemns.
            Files.writeString(service.servers().resolve(slow + ".slow"), "1800");
            ProcessHandle process = ProcessHandle.of(service.pid(hung)).orElseThrow();
            LaunchedService.signal(process, "STOP");

            await().until(() -> service.ready().size() == 2 && !service.ready().contains(hung));

            assertThat(service.ready()).contains(slow);
            assertThat(service.deaths()).singleElement().satisfies(death -> {
                assertThat(death.serverId()).isEqualTo(hung);
                assertThat(death.cause()).isEqualTo(DeathCause.UNRESPONSIVE);
                assertThat(death.diagnostics()).contains("5 health checks in a row failed", "no answer");
            });
            await().until(() -> !process.isAlive());
        }
    }

    private static Consumer<DeathCertificate> died(DeathCause cause, int exitStatus, @Nullable String remedy) {
        return death -> {
            assertThat(death.cause()).as(death::toString).isEqualTo(cause);
            assertThat(death.exitStatus()).as(death::toString).isEqualTo(exitStatus);
            assertThat(death.node()).startsWith("localhost:");
            assertThat(death.logUrl()).contains("/node/containerlogs/" + death.serverId());
            if (remedy != null) {
                assertThat(death.remedy()).contains(remedy);
            }
        };
    }

    /** Strikes a server on another node than the ApplicationMaster's; yields its certificate when it has been replaced. */
    private static DeathCertificate death(LaunchedService service, Blow blow) throws Exception {
        Set<String> before = awaitRest(service, 2);
        String master = service.yarn()
                .getContainerReport(service.yarn()
                        .getApplicationAttemptReport(service.report().getCurrentApplicationAttemptId())
                        .getAMContainerId())
                .getAssignedNode()
                .toString();
        String victim = before.stream()
                .filter(id -> !master.equals(nodeOf(service, id)))
                .findFirst()
                .orElse(before.iterator().next());
        blow.strike(service, victim);
        await().until(() -> service.ready().size() == 2 && !service.ready().contains(victim));
        await().until(() -> service.deaths().stream()
                .anyMatch(death -> death.serverId().equals(victim) && death.exitStatus() != null));
        DeathCertificate death = service.deaths().stream()
                .filter(each -> each.serverId().equals(victim))
                .findFirst()
                .orElseThrow();
        assertThat(service.status().decisions())
                .extracting(Decision::text)
                .anyMatch(text -> text.contains(death.cause().inWords()));
        return death;
    }

    private static DeathCertificate badStart(LaunchedService service) throws Exception {
        Set<String> known = Set.copyOf(
                service.deaths().stream().map(DeathCertificate::serverId).toList());
        Path crash = Files.createFile(service.servers().resolve("crash"));
        service.killServer(service.ready().iterator().next());
        await().until(() -> newDeaths(service, known).anyMatch(death -> death.cause() == DeathCause.START_FAILED));
        Files.delete(crash);
        return newDeaths(service, known)
                .filter(death -> death.cause() == DeathCause.START_FAILED)
                .findFirst()
                .orElseThrow();
    }

    private static Stream<DeathCertificate> newDeaths(LaunchedService service, Set<String> known) throws Exception {
        return service.deaths().stream().filter(death -> !known.contains(death.serverId()));
    }

    private static String nodeOf(LaunchedService service, String server) {
        try {
            return String.valueOf(
                    requireNonNull(service.published().get(server)).node());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void meet(LaunchedService service, String server, LightFate fate) throws Exception {
        // Whole or not at all: the server may be looking.
        Path written = Files.writeString(service.servers().resolve(server + ".fate.new"), fate.name());
        Files.move(written, service.servers().resolve(server + ".fate"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static ResourceManager resourceManager() {
        return CLUSTER.yarn().cluster().getResourceManager();
    }

    /** As the preemption monitor does, when a queue is owed its share. */
    private static void preempt(String server) {
        CapacityScheduler scheduler = (CapacityScheduler) resourceManager().getResourceScheduler();
        scheduler.markContainerForKillable(scheduler.getRMContainer(ContainerId.fromString(server)));
    }

    /** As when a node has not been heard of for ten minutes. */
    private static void loseNodeOf(LaunchedService service, String server) {
        NodeId node = NodeId.fromString(nodeOf(service, server));
        resourceManager()
                .getRMContext()
                .getDispatcher()
                .getEventHandler()
                .handle(new RMNodeEvent(node, RMNodeEventType.EXPIRE));
    }
}
