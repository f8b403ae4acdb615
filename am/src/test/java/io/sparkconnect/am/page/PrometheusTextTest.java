/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static io.sparkconnect.am.page.OutlookOnPage.NOW_MS;
import static io.sparkconnect.am.page.OutlookOnPage.server;
import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.WaysToDie;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrometheusTextTest {
    private final MetricRegistry metrics = new MetricRegistry();

    @Test
    void tellsPoolsAndSlotsByState() {
        assertThat(lines(OutlookOnPage.of(3)))
                .contains(
                        "sparkconnect_pool_desired{pool=\"default\"} 3",
                        "sparkconnect_pool_restarts{pool=\"default\"} 5",
                        "sparkconnect_pool_needed{pool=\"default\"} 9",
                        "sparkconnect_pool_room{pool=\"default\"} 3",
                        "sparkconnect_pool_held_sessions{pool=\"default\"} 4",
                        "sparkconnect_pool_pending_asks{pool=\"default\"} 1",
                        "sparkconnect_pool_limited{pool=\"default\",by=\"queue\"} 1",
                        "sparkconnect_pool_limited{pool=\"default\",by=\"maximum\"} 0",
                        "sparkconnect_slots{pool=\"default\",state=\"ready\"} 1",
                        "sparkconnect_slots{pool=\"default\",state=\"backoff\"} 2",
                        "sparkconnect_slots{pool=\"default\",state=\"requested\"} 0");
    }

    @Test
    void tellsHowARolloutGoes() {
        assertThat(lines(OutlookOnPage.of(3).withRollout(new RolloutStatus(3, RolloutState.ROLLING_BACK, 1, 2, ""))))
                .contains(
                        "sparkconnect_rollout_state{pool=\"default\",state=\"rolling_back\"} 1",
                        "sparkconnect_rollout_state{pool=\"default\",state=\"done\"} 0",
                        "sparkconnect_rollout_revision{pool=\"default\"} 3",
                        "sparkconnect_rollout_servers{pool=\"default\"} 2",
                        "sparkconnect_rollout_servers_updated{pool=\"default\"} 1");
    }

    @Test
    void countsDeathsByCause() {
        OutlookOnPage outlook = OutlookOnPage.of(1)
                .withDeath(WaysToDie.HEAP_OOM.certificate(server(8), NOW_MS))
                .withDeath(WaysToDie.HEAP_OOM.certificate(server(9), NOW_MS));

        assertThat(lines(outlook))
                .contains(
                        "sparkconnect_deaths{cause=\"heap_exhausted\"} 2",
                        "sparkconnect_deaths{cause=\"preempted\"} 0");
    }

    @Test
    void tellsWhatIsDrainedAvoidedAndWhatTheQueuesHold() {
        Orders orders = Orders.NONE
                .drainNode("n0:1", OutlookOnPage.drain("ana"))
                .drainServer(server(0), OutlookOnPage.drain("ana"))
                .drainServer("container_gone", OutlookOnPage.drain("ana"));

        assertThat(lines(OutlookOnPage.of(2).withOrders(orders)))
                .contains(
                        "sparkconnect_drained_nodes 1",
                        "sparkconnect_drained_servers 1",
                        "sparkconnect_avoided_nodes 1",
                        "sparkconnect_nodes{condition=\"lost\"} 2",
                        "sparkconnect_queue_guaranteed_bytes{queue=\"sparkconnect\",label=\"\"} 1073741824",
                        "sparkconnect_queue_maximum_bytes{queue=\"sparkconnect\",label=\"CORE\"} 2147483648",
                        "sparkconnect_queue_allocated_bytes{queue=\"sparkconnect\"} 3221225472");
    }

    @Test
    void tellsTheRegistrysCountersAndGaugesEvenBeforeTheAttemptHasRecovered() {
        metrics.counter("sparkconnect.am-asks_total").inc(3);
        Gauge<Integer> backlog = () -> 7;
        metrics.register("backlog", backlog);

        assertThat(PrometheusText.of(metrics, null).lines())
                .containsExactly(
                        "# TYPE backlog gauge",
                        "backlog 7",
                        "# TYPE sparkconnect_am_asks_total counter",
                        "sparkconnect_am_asks_total 3");
    }

    @Test
    void isWellFormed() {
        List<String> lines = lines(OutlookOnPage.of(2).withRollout(new RolloutStatus(3, RolloutState.DONE, 2, 2, "")));

        assertThat(lines)
                .allMatch(
                        line -> line.matches(
                                "# TYPE [a-z_]+ (gauge|counter)|[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*})? -?[0-9.E]+"));
        assertThat(lines.stream().filter(line -> line.startsWith("# TYPE"))).doesNotHaveDuplicates();
    }

    private List<String> lines(OutlookOnPage outlook) {
        return PrometheusText.of(metrics, outlook.build()).lines().toList();
    }
}
