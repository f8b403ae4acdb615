/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ContainerSecretTest {
    private final ContainerSecret secret = ContainerSecret.of("ab".repeat(32));

    @Test
    void isCarriedByABearerHeader() {
        assertThat(secret.isCarriedBy("Bearer " + "ab".repeat(32))).isTrue();
        assertThat(secret.isCarriedBy("bearer " + "ab".repeat(32))).isTrue();
    }

    @Test
    void isNotCarriedByAnythingElse() {
        assertThat(secret.isCarriedBy(null)).isFalse();
        assertThat(secret.isCarriedBy("")).isFalse();
        assertThat(secret.isCarriedBy("Bearer ")).isFalse();
        assertThat(secret.isCarriedBy("Basic " + "ab".repeat(32))).isFalse();
        assertThat(secret.isCarriedBy("ab".repeat(32))).isFalse();
        assertThat(secret.isCarriedBy("Bearer " + "ab".repeat(31) + "ac")).isFalse();
        assertThat(secret.isCarriedBy("Bearer " + "ab".repeat(33))).isFalse();
    }

    @Test
    void doesNotPrintItself() {
        assertThat(secret.toString()).doesNotContain("ab".repeat(2));
    }

    @Test
    void mayNotBeEmpty() {
        assertThatThrownBy(() -> ContainerSecret.of(" ")).hasMessageContaining("secret is empty");
    }
}
