/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.FrontDoor;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two pools of one service, in a real YARN. */
class PoolsTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @Test
    void aPoolIsAddedWokenByThoseWhoWaitForItAndRemovedWhileTheOtherGoesOn() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "two-pools", 1);
                FrontDoor door = CLUSTER.frontDoor("two-pools")) {
            Set<String> standard = service.awaitReady(1);
            Path otherSpark = LightSpark.in(work.resolve("other-spark"));

            service.change(spec -> {
                PoolSpec etl = Objects.requireNonNull(spec.pools().get("default")).named("etl").toBuilder()
                        .servers(0, 2)
                        .spark(otherSpark.toString(), null)
                        .scaling(new PoolScaling(0, 80, 0, 4, 0, 1, 500, 3_600_000, 60_000, 60_000, 0))
                        .build();
                return spec.withPool(etl).next(0, "ann", "add pool etl");
            });
            await().until(() -> service.status().pools().containsKey("etl"));
            assertThat(service.ready()).isEqualTo(standard);
            door.holds("etl", 1);

            Set<String> both = service.awaitReady(2);
            String woken = both.stream()
                    .filter(id -> !standard.contains(id))
                    .findFirst()
                    .orElseThrow();
            assertThat(service.environment(woken)).contains("SPARK_HOME=" + otherSpark);
            assertThat(service.status().slots())
                    .filteredOn(slot -> woken.equals(slot.serverId()))
                    .allSatisfy(slot -> assertThat(slot.pool()).isEqualTo("etl"));

            door.holds("etl", 0);
            service.change(spec -> {
                Map<String, PoolSpec> left = new HashMap<>(spec.pools());
                left.remove("etl");
                return spec.withPools(left).next(0, "ann", "remove pool etl");
            });

            await().until(() -> service.deaths().stream()
                    .anyMatch(death -> death.serverId().equals(woken) && death.cause() == DeathCause.SCALED_IN));
            await().until(() -> !service.status().pools().containsKey("etl"));
            assertThat(service.ready()).isEqualTo(standard);
            assertThat(service.status().slots())
                    .allSatisfy(slot -> assertThat(slot.state()).isEqualTo(SlotState.READY));
        }
    }
}
