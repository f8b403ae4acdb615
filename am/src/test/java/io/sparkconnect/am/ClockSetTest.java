/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.am.fixture.clock.SettableClock;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The ApplicationMaster's own process, whose wall clock is set while it runs; YARN's and the servers' clocks stay. */
class ClockSetTest {
    private static final Duration HOUR = Duration.ofHours(1);

    /** Of an hour, and of what passes on a slow machine meanwhile. */
    private static final Duration NEARLY = Duration.ofMinutes(10);

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @Test
    void anHourForwardAndBackReplacesNoServerEndsNoDrainAndLosesNoLease() throws Exception {
        SettableClock clock = SettableClock.in(work);
        LaunchOptions options = LaunchOptions.of(2).withMasterPrefix(clock.prefix());
        try (LaunchedService service = CLUSTER.launch(work, "clock", options)) {
            Set<String> first = service.awaitReady(2);
            String busy = first.iterator().next();
            sessions(service, busy, 1);
            long withinMs = Duration.ofMinutes(30).toMillis();
            service.change(spec -> spec.withOrders(Orders.NONE.drainServer(busy, new DrainOrder(0, withinMs, "ann")))
                    .next(0, "ann", "drain"));
            await().until(() -> service.ready().size() == 2 && !service.ready().contains(busy));
            Files.createFile(service.servers().resolve("hold-join"));
            service.changePool(pool -> LaunchedService.withServers(pool, 3));
            await().until(() -> states(service).containsValue(SlotState.STARTING));
            Map<String, SlotState> before = states(service);
            assertThat(before.values())
                    .containsExactlyInAnyOrder(
                            SlotState.READY, SlotState.READY, SlotState.STARTING, SlotState.DRAINING);

            set(clock, HOUR, service, 1);
            worksOn(service, busy, 2, before);
            set(clock, HOUR.negated(), service, 2);
            worksOn(service, busy, 3, before);
            set(clock, Duration.ZERO, service, 3);
            worksOn(service, busy, 4, before);
            assertThat(service.deaths()).isEmpty();
            assertThat(service.status().attempt()).isEqualTo(1);

            Files.delete(service.servers().resolve("hold-join"));
            await().until(() -> service.ready().size() == 3);
            sessions(service, busy, 0);
            assertThat(awaitRest(service, 3)).isSubsetOf(before.keySet()).doesNotContain(busy);
            assertThat(service.deaths())
                    .extracting(DeathCertificate::cause)
                    .containsExactly(DeathCause.STOPPED_BY_OPERATOR);
        }
    }

    @Test
    void anAttemptWhoseClockIsAnHourOffAdoptsAllServers() throws Exception {
        SettableClock clock = SettableClock.in(work);
        LaunchOptions options = LaunchOptions.of(2).withMasterPrefix(clock.prefix());
        try (LaunchedService service = CLUSTER.launch(work, "clock-off", options)) {
            Set<String> before = awaitRest(service, 2);
            Map<String, Long> processes = LightSpark.livingById(service.servers());

            clock.setAhead(HOUR.negated());
            service.killApplicationMaster();

            await().until(() -> service.status().attempt() == 2 && aheadMs(service) < -NEARLY.toMillis());
            assertThat(awaitRest(service, 2)).isEqualTo(before);
            assertThat(LightSpark.livingById(service.servers())).isEqualTo(processes);
            assertThat(service.deaths()).isEmpty();
        }
    }

    /** Waits until the process sees its clock set, and says so for the so-manieth time. */
    private static void set(SettableClock clock, Duration ahead, LaunchedService service, int time) throws Exception {
        clock.setAhead(ahead);
        await().untilAsserted(() -> {
            assertThat(service.status().decisions())
                    .extracting(Decision::text)
                    .filteredOn(text -> text.contains("the machine's clock jumped"))
                    .hasSize(time);
            assertThat(Duration.ofMillis(aheadMs(service)).minus(ahead).abs()).isLessThan(NEARLY);
        });
    }

    /** What the ApplicationMaster writes is of its own clock. */
    private static long aheadMs(LaunchedService service) throws Exception {
        return service.status().updatedAtMs() - System.currentTimeMillis();
    }

    /** It polls, and shows what it heard, which takes it some seconds; and all are where they were. */
    private static void worksOn(LaunchedService service, String busy, int sessions, Map<String, SlotState> before)
            throws Exception {
        sessions(service, busy, sessions);
        await().until(() -> service.status().slots().stream()
                .anyMatch(slot -> busy.equals(slot.serverId()) && slot.sessions() == sessions));
        assertThat(states(service)).isEqualTo(before);
    }

    private static void sessions(LaunchedService service, String server, int count) throws Exception {
        Files.writeString(service.servers().resolve(server + ".sessions"), String.valueOf(count));
    }

    private static Map<String, SlotState> states(LaunchedService service) throws Exception {
        Map<String, SlotState> states = new TreeMap<>();
        for (SlotStatus slot : service.status().slots()) {
            states.put(requireNonNull(slot.serverId(), slot::slot), slot.state());
        }
        return states;
    }
}
