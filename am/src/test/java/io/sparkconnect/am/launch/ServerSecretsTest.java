/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ServerSecretsTest {
    @Test
    void derivesAnotherSecretForEachContainerAndTheSameInEveryAttempt() {
        ServerSecrets secrets = new ServerSecrets(new byte[32]);

        assertThat(secrets.of("container_1")).matches("[0-9a-f]{64}").isNotEqualTo(secrets.of("container_2"));
        assertThat(new ServerSecrets(new byte[32]).of("container_1")).isEqualTo(secrets.of("container_1"));
    }

    @Test
    void acceptsOnlyTheContainersOwnSecret() {
        ServerSecrets secrets = new ServerSecrets(new byte[] {1, 2, 3});

        assertThat(secrets.matches("container_1", secrets.of("container_1"))).isTrue();
        assertThat(secrets.matches("container_1", secrets.of("container_2"))).isFalse();
        assertThat(secrets.matches("container_1", "")).isFalse();
    }

    @Test
    void refusesToWorkWithoutAMasterSecret() {
        assertThatThrownBy(() -> new ServerSecrets(new byte[0])).hasMessageContaining("master secret");
    }
}
