/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OwnershipTest {
    private long now = TimeUnit.HOURS.toNanos(-3);
    private final Ownership ownership = new Ownership(Duration.ofSeconds(10), () -> now);

    @Test
    void holdsWhileOneOfTheTwoWitnessesSpeaks() {
        passes(9);
        ownership.confirmedByRegistry(now);
        passes(9);
        assertThat(ownership.isCertain()).as("YARN is away").isTrue();

        ownership.confirmedByResourceManager(now);
        passes(9);
        assertThat(ownership.isCertain()).as("ZooKeeper is away").isTrue();
    }

    @Test
    void endsWithAPauseOfTheProcess() {
        passes(10);

        assertThat(ownership.isCertain()).isFalse();
    }

    @Test
    void countsFromTheQuestionNotFromTheAnswer() {
        long asked = now;
        passes(30);

        ownership.confirmedByResourceManager(asked);

        assertThat(ownership.isCertain())
                .as("the answer was read after a pause of 30 s")
                .isFalse();
        assertThat(ownership.resourceManagerSaidSoSince(asked)).isFalse();
        ownership.confirmedByResourceManager(now);
        assertThat(ownership.resourceManagerSaidSoSince(asked)).isTrue();
    }

    private void passes(long seconds) {
        now += TimeUnit.SECONDS.toNanos(seconds);
    }
}
