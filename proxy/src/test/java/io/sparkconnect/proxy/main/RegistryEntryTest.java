/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.ProxyRecord;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegistryEntryTest {
    private final ProxyRecord quiet = record(3, Map.of());

    @Test
    void writesNothingWhileNothingChanges() {
        assertThat(RegistryEntry.isDue(record(3, Map.of()), quiet, 3_600_000)).isFalse();
    }

    @Test
    void writesOrdinaryChangesEveryTenSecondsAtMost() {
        assertThat(RegistryEntry.isDue(record(4, Map.of()), quiet, 9_999)).isFalse();
        assertThat(RegistryEntry.isDue(record(4, Map.of()), quiet, 10_000)).isTrue();
    }

    @Test
    void tellsOfAWaitingSessionWithinTheSecond() {
        ProxyRecord waiting = record(3, Map.of("", 1));

        assertThat(RegistryEntry.isDue(waiting, quiet, 1_000)).isTrue();
        assertThat(RegistryEntry.isDue(waiting, quiet, 500)).isFalse();
        assertThat(RegistryEntry.isDue(record(3, Map.of("", 2)), waiting, 1_000))
                .isTrue();
    }

    @Test
    void tellsOfASessionThatWaitsForOnePoolThoughFewerWaitForAnother() {
        ProxyRecord before = record(3, Map.of("default", 2));

        assertThat(RegistryEntry.isDue(record(3, Map.of("default", 1, "etl", 1)), before, 1_000))
                .isTrue();
    }

    @Test
    void isInNoHurryToTellThatFewerSessionsWait() {
        assertThat(RegistryEntry.isDue(quiet, record(3, Map.of("etl", 1)), 5_000))
                .isFalse();
    }

    private static ProxyRecord record(int connections, Map<String, Integer> held) {
        return new ProxyRecord("p1", "primary:15002", "127.0.0.1:15003", connections, 3, 0, 1, held, Map.of("c1", 3));
    }
}
