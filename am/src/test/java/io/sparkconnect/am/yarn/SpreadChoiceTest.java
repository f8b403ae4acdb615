/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Spreading;
import org.junit.jupiter.api.Test;

class SpreadChoiceTest {
    @Test
    void usesConstraintsWhereTheSchedulerTakesThem() {
        assertThat(SpreadChoice.of("auto", () -> yarn("scheduler", false, "3.4.2"))
                        .byConstraints())
                .isTrue();
        assertThat(SpreadChoice.of("auto", () -> yarn("disabled", false, "3.4.2")))
                .isEqualTo(Spreading.byBlacklist("yarn.resourcemanager.placement-constraints.handler is disabled"));
    }

    /** The processor forgets what it cannot place at once: not even a wish makes that good. */
    @Test
    void neverUsesThemWithTheProcessor() {
        Spreading wished = SpreadChoice.of("constraints", () -> yarn("placement-processor", false, "3.5.0"));

        assertThat(wished.byConstraints()).isFalse();
        assertThat(wished.why()).contains("cannot be followed", "placement-processor", "rejects");
        assertThat(SpreadChoice.of("auto", () -> yarn("placement-processor", false, "3.5.0"))
                        .byConstraints())
                .isFalse();
    }

    @Test
    void usesThemBesidePreemptionOnlyWhereTheSchedulerForgetsAnsweredAsks() {
        assertThat(SpreadChoice.of("auto", () -> yarn("scheduler", true, "3.3.6"))
                        .byConstraints())
                .isFalse();
        assertThat(SpreadChoice.of("auto", () -> yarn("scheduler", true, "3.4.2-amzn-1"))
                        .why())
                .contains("3.4.2-amzn-1", "YARN-11660", "preemption");
        assertThat(SpreadChoice.of("auto", () -> yarn("scheduler", true, "3.5.0"))
                        .byConstraints())
                .isTrue();
        assertThat(SpreadChoice.of("auto", () -> yarn("scheduler", true, "4.0.0-SNAPSHOT"))
                        .byConstraints())
                .isTrue();
        assertThat(SpreadChoice.of("constraints", () -> yarn("scheduler", true, "3.4.2"))
                        .byConstraints())
                .as("the operator says so")
                .isTrue();
    }

    @Test
    void neverUsesThemAgainstAWish() {
        assertThat(SpreadChoice.of("blacklist", () -> yarn("scheduler", false, "3.5.0")))
                .isEqualTo(Spreading.byBlacklist("sparkconnect.placement.spread is blacklist"));
    }

    @Test
    void saysWhyAWishCannotBeFollowed() {
        assertThat(SpreadChoice.of("constraints", () -> yarn("disabled", false, "3.4.2")))
                .isEqualTo(Spreading.byBlacklistInstead(
                        "sparkconnect.placement.spread is constraints and cannot be followed:"
                                + " yarn.resourcemanager.placement-constraints.handler is disabled"));
        assertThat(SpreadChoice.of("constraints", () -> yarn("disabled and scheduler", false, "3.5.0"))
                        .byConstraints())
                .as("ResourceManagers that differ")
                .isFalse();
    }

    /** A node's own file need not have what only the ResourceManager reads, and being refused ends an attempt. */
    @Test
    void believesOnlyTheResourceManagerItself() {
        assertThat(SpreadChoice.of("constraints", () -> yarn("", false, "3.5.0"))
                        .why())
                .contains("cannot be followed", "no ResourceManager's page tells");
        assertThat(SpreadChoice.of("auto", () -> yarn("", false, "3.5.0")))
                .isEqualTo(Spreading.byBlacklist(
                        "no ResourceManager's page tells yarn.resourcemanager.placement-constraints.handler"));
    }

    private static ConstraintSupport yarn(String handler, boolean preempts, String version) {
        return new ConstraintSupport(handler, preempts, version);
    }
}
