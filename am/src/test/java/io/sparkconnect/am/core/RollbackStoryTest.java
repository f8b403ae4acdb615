/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a pool is that went back by itself: all that its servers are started with as before, all else as wished. */
class RollbackStoryTest {
    private ServiceSpec spec = Specs.scaled(1, 10, 1);
    private final CoreStory story = CoreStory.of(spec).queueHas(10_000, 0);

    @Test
    void startsItsServersWithAllThatTheyHadBefore() {
        failsToBecome(pool().toBuilder()
                .memory(3000, 384)
                .vcores(2)
                .executorsQueue("etl")
                .spark(null, "hdfs:///spark.zip")
                .javaHome("/opt/java-21")
                .sparkConf(Map.of("spark.executor.memory", "8g"))
                .environment(Map.of("TZ", "UTC"))
                .build());
        story.forget();

        story.proxyTells(15, Map.of()).passes(Duration.ofSeconds(2));
        story.allocate("default-1", "n2:1");

        assertThat(story.done(Action.AskContainer.class))
                .isNotEmpty()
                .allSatisfy(ask -> assertThat(ask.memoryMiB()).isEqualTo(1408))
                .allSatisfy(ask -> assertThat(ask.vcores()).isEqualTo(1));
        PoolSpec launched = story.done(Action.LaunchServer.class).get(0).pool();
        assertThat(launched.startsLike(
                        Objects.requireNonNull(Specs.scaled(1, 10, 1).pools().get("default"))))
                .as("%s", launched)
                .isTrue();
    }

    @Test
    void keepsWhatHeldForRunningServersAtOnce() {
        failsToBecome(pool().toBuilder().memory(3000, 384).sessionsPerServer(3).build());

        assertThat(story.outlook().image().servers().values())
                .as("the wish of today, which needed no new server")
                .allSatisfy(server -> assertThat(server.sessionsLimit()).isEqualTo(3));
    }

    @Test
    void weighsTheSizeOfTheServersThatItStarts() {
        failsToBecome(pool().toBuilder().memory(3000, 384).build());

        story.proxyTells(45, Map.of()).passes(Duration.ofSeconds(2));

        assertThat(story.scaling().room())
                .as("two nodes of 4096 MiB hold 4 servers of 1408 MiB, and 2 of those that failed")
                .isEqualTo(4);
    }

    /** Its server stays all the while; three new ones die. */
    private void failsToBecome(PoolSpec changed) {
        story.makeReady("default-0", "n1:1");
        PoolSpec previous = pool();
        spec = spec.withPool(changed.withRollout(new RolloutOrder(
                        spec.generation() + 1, "sparkconnect.server.memory=3000m", false, 1, previous)))
                .next(0, "ann", "set");
        story.happens(new Event.SpecChanged(spec, Specs.POLICY));
        for (int failure = 0; failure < 3; failure++) {
            String container = story.allocate("default-1", "n2:1");
            story.happens(new Event.Started(container)).completes(container, 1);
            story.passes(Duration.ofSeconds(10));
        }
        assertThat(Objects.requireNonNull(story.pool().rollout()).state())
                .as("%s %s", story.decisions(), story.pool())
                .isEqualTo(RolloutState.ROLLED_BACK);
        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);
    }

    private PoolSpec pool() {
        return Objects.requireNonNull(spec.pools().get("default"));
    }
}
