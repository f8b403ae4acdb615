/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ServiceSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Two pools, of which each is scaled by itself. */
class PoolsStoryTest {
    private final ServiceSpec spec = twoPools();

    @Test
    void startsServersForThePoolThatSessionsWaitFor() {
        CoreStory story = CoreStory.of(spec);

        waiting(story, Map.of("etl", 1));

        assertThat(pool(story, "etl").desired()).isEqualTo(1);
        assertThat(pool(story, "default").desired()).isZero();
    }

    @Test
    void sessionsThatAnyPoolWillDoForWakeTheDefaultOne() {
        CoreStory story = CoreStory.of(spec);
        waiting(story, Map.of("", 1));
        assertThat(pool(story, "default").desired()).isEqualTo(1);
        assertThat(pool(story, "etl").desired()).isZero();

        CoreStory otherDefault = CoreStory.of(spec.withRouting(new PoolRouting("etl", List.of())));
        waiting(otherDefault, Map.of("", 1));

        assertThat(pool(otherDefault, "etl").desired()).isEqualTo(1);
        assertThat(pool(otherDefault, "default").desired()).isZero();
    }

    @Test
    void withdrawsTheAskOfAPoolThatIsRemovedAndForgetsIt() {
        CoreStory story = CoreStory.of(spec);
        waiting(story, Map.of("etl", 1));
        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
        Map<String, PoolSpec> left = new HashMap<>(spec.pools());
        left.remove("etl");

        story.happens(new Event.SpecChanged(spec.withPools(left).next(0, "ann", "remove pool etl"), Specs.POLICY));

        assertThat(story.took(Action.CancelAsk.class)).hasSize(1);
        assertThat(story.outlook().live().pools()).containsOnlyKeys("default");
    }

    @Test
    void tellsOnceWhatIsInEachPoolsWay() {
        PoolSpec standard = Objects.requireNonNull(Specs.servers(1, 1).pools().get("default"));
        PoolSpec large = standard.named("etl").toBuilder().memory(10_000, 384).build();
        PoolSpec wide = standard.named("wide").toBuilder().vcores(16).build();
        CoreStory story =
                CoreStory.of(Specs.servers(1, 1).withPool(large).withPool(wide)).forget();

        for (int pass = 0; pass < 300; pass++) {
            story.passes(Duration.ofMillis(200));
        }
        story.nodes("n1:1");

        assertThat(story.took(Action.RecordDecision.class)).isEmpty();
        assertThat(story.decisions())
                .filteredOn(text -> text.contains("asks for no container"))
                .satisfiesExactlyInAnyOrder(
                        text -> assertThat(text).startsWith("pool etl: ").contains("10384 MiB"),
                        text -> assertThat(text).startsWith("pool wide: ").contains("16 vcores"));
    }

    @Test
    void tellsWhenNothingIsInAPoolsWayAnyMore() {
        CoreStory story = CoreStory.of(Specs.sized(1, 6_000, 1));
        assertThat(story.decisions()).last().asString().startsWith("pool default: asks for no container: ");

        story.happens(new Event.NodesSeen(List.of(new NodeView("n3:1", NodeView.Condition.RUNNING, 8192, 4))));

        assertThat(story.decisions()).last().isEqualTo("pool default: asks for containers again");
        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
    }

    @Test
    void givesBackAContainerWhosePoolWentInTheMeantime() {
        CoreStory story = CoreStory.of(spec);
        waiting(story, Map.of("etl", 1));
        long ask = story.record("etl-0").allocationRequestId();
        Map<String, PoolSpec> left = new HashMap<>(spec.pools());
        left.remove("etl");

        story.happenTogether(
                new Event.SpecChanged(spec.withPools(left).next(0, "ann", "remove pool etl"), Specs.POLICY),
                new Event.Allocated(new ContainerGrant("container_1_0001_01_000009", ask, "n1:1", "n:8042")));

        assertThat(story.took(Action.ReleaseContainer.class))
                .containsExactly(new Action.ReleaseContainer("container_1_0001_01_000009"));
        assertThat(story.outlook().image().slots()).doesNotContainKey("etl-0");
    }

    @Test
    void tellsWhatAnOperatorHasChangedOfTheLimitsOfItsQueuesOnly() {
        CoreStory story = CoreStory.of(spec);
        limits(story, 128, 2, 1);
        limits(story, 128, 2, 1);
        List<String> before = story.decisions();

        limits(story, 256, 1.5, 3);
        limits(story, 256, 1.5, 3);
        // Not known, since no page tells, is no change.
        limits(story, 256, 0, 3);
        limits(story, 256, 1.5, 3);

        assertThat(story.decisions().subList(before.size(), story.decisions().size()))
                .containsExactly(
                        "YARN gives memory in multiples of 256 MiB now, no more of 128",
                        "queue sparkconnect: its user-limit-factor is 1.5 now, no more 2.0");
    }

    private static void limits(CoreStory story, long stepMiB, double ofOurs, double ofOthers) {
        QueueView.Share share = new QueueView.Share(4096, 8192);
        story.happens(new Event.QueuesSeen(
                List.of(
                        new QueueView("sparkconnect", Map.of("", share), "", 0, ofOurs),
                        new QueueView("others", Map.of("", share), "", 0, ofOthers)),
                stepMiB));
    }

    @Test
    void theUserLimitOfTheQueueIsSharedByThePools() {
        CoreStory story = CoreStory.of(spec);
        waiting(story, Map.of("etl", 1));
        // One user may hold 3072 MiB, and a server has 1408 MiB.
        QueueView.Share share = new QueueView.Share(1536, 8192);
        QueueView queue = new QueueView("sparkconnect", Map.of("", share), "", 0, 2);
        story.happens(new Event.QueuesSeen(List.of(queue), 128)).passes(Duration.ofSeconds(1));
        assertThat(Objects.requireNonNull(pool(story, "default").scaling()).room())
                .isEqualTo(2);

        story.allocate("etl-0", "n1:1");
        story.passes(Duration.ofSeconds(1));

        assertThat(Objects.requireNonNull(pool(story, "default").scaling()).room())
                .isEqualTo(1);
        assertThat(Objects.requireNonNull(pool(story, "etl").scaling()).room()).isEqualTo(2);
    }

    private static ServiceSpec twoPools() {
        ServiceSpec one = Specs.scaledWith(0, 3, 1, Duration.ZERO);
        PoolSpec standard = Objects.requireNonNull(one.pools().get("default"));
        return one.withPool(standard.named("etl"));
    }

    private static void waiting(CoreStory story, Map<String, Integer> held) {
        ProxyRecord proxy = new ProxyRecord("p", "primary:15002", "", 1, 1, 1, 1, held, Map.of());
        story.happens(new Event.ProxiesSeen(new ProxySnapshot(Map.of("p", proxy), true)));
    }

    private static PoolStatus pool(CoreStory story, String name) {
        return Objects.requireNonNull(story.outlook().live().pools().get(name), name);
    }
}
