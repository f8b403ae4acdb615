/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlotTest {
    @Test
    void refusesAStepThatNoLifeHas() {
        Slot slot = new Slot("default-0", "default", 0);

        assertThatThrownBy(() -> slot.moveTo(SlotState.READY, 1, ""))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("default-0")
                .hasMessageContaining("WANTED")
                .hasMessageContaining("READY");
    }

    @Test
    void everyStateButTheLastLeadsSomewhereAndOnlyGoneEnds() {
        for (SlotState from : SlotState.values()) {
            boolean leads = false;
            for (SlotState to : SlotState.values()) {
                leads |= SlotTransitions.allows(from, to);
            }
            assertThat(leads).as("a way out of " + from).isEqualTo(from != SlotState.GONE && from != SlotState.UNKNOWN);
        }
    }

    @Test
    void comesBackFromItsRecordAsItWas() {
        Slot slot = new Slot("default-7", "default", 5);
        slot.generation = 3;
        slot.allocationRequestId = 1_000_000_017L;
        slot.grant = new ContainerGrant("container_1_0001_01_000002", 1_000_000_017L, "n1:8041", "n1:8042");
        slot.server =
                new JoinRequest("container_1_0001_01_000002", "i", "n1", 4000, 4001, "4.3.0", "application_1_0002");
        slot.consecutiveFailures = 2;
        slot.backoffUntilMs = 99;
        slot.restarts = 4;

        WallClock wall = new WallClock(0);
        SlotRecord written = slot.toRecord(wall);
        assertThat(Slot.fromRecord(written, new EarlierTimes(50, 60), Specs.POLICY)
                        .toRecord(wall))
                .isEqualTo(written);
        assertThat(written.agentUrl()).isEqualTo("http://n1:4001");
    }

    @Test
    void backsOffByDoublingUpToTheCap() {
        Backoff backoff = new Backoff(new Random(1));

        assertThat(backoff.delayMs(1, Specs.POLICY)).isBetween(750L, 1_000L);
        assertThat(backoff.delayMs(4, Specs.POLICY)).isBetween(6_000L, 8_000L);
        assertThat(backoff.delayMs(1_000_000, Specs.POLICY)).isBetween(225_000L, 300_000L);
    }
}
