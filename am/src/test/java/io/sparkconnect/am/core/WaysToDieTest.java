/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.WaysToDie;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the core certifies is what everybody who shows deaths is tested with. */
class WaysToDieTest {
    @ParameterizedTest
    @EnumSource
    void eachIsCertifiedWithItsCauseItsRemedyAndWhereToLook(WaysToDie way) {
        CoreStory story = CoreStory.ofServers(1);
        String server = way == WaysToDie.BAD_CONFIGURATION ? starting(story) : story.makeReady("default-0", "n1:1");

        String line = way.lastLine();
        story.happens(new Event.Completed(
                server, way.exitStatus(), line == null ? "" : "Last 4096 bytes of stderr :\n" + line + "\n"));

        assertThat(story.death(server)).isEqualTo(way.certificate(server, story.nowMs()));
        assertThat(story.decisions()).last().asString().contains(way.cause().inWords());
    }

    @Test
    void eightWaysHaveEightCauses() {
        assertThat(Arrays.stream(WaysToDie.values()).map(WaysToDie::cause))
                .hasSize(8)
                .doesNotHaveDuplicates();
        assertThat(Arrays.stream(DeathCause.values()).map(DeathCause::inWords)).doesNotHaveDuplicates();
    }

    private static String starting(CoreStory story) {
        String server = story.allocate("default-0", "n1:1");
        story.happens(new Event.Started(server));
        return server;
    }
}
