/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CertificatesTest {
    private final Certificates certificates = new Certificates();

    @Test
    void keepsTheNewestHoweverManyServersDie() {
        int last = 5 * Certificates.MOST;
        for (int death = 0; death <= last; death++) {
            dies(death, DeathCause.KILLED);

            assertThat(certificates.byServer().size()).isLessThanOrEqualTo(Certificates.MOST);
        }

        assertThat(certificates.byServer())
                .hasSizeGreaterThan(Certificates.MOST / 2)
                .containsKeys(names(last - Certificates.MOST / 2, last));
    }

    @Test
    void forgetsWishedEndsAndFailedStartsBeforeWhatTellsMore() {
        dies(0, DeathCause.HEAP_EXHAUSTED);
        dies(1, DeathCause.SCALED_IN);
        dies(2, DeathCause.START_FAILED);
        dies(3, DeathCause.STOPPED_BY_OPERATOR);

        for (int death = 4; death <= Certificates.MOST; death++) {
            dies(death, death % 2 == 0 ? DeathCause.SCALED_IN : DeathCause.KILLED);
        }

        assertThat(certificates.byServer()).containsKeys(names(0, 0)).doesNotContainKeys(names(1, 4));
        assertThat(certificates.byServer().values())
                .filteredOn(death -> death.cause() == DeathCause.KILLED)
                .hasSize(Certificates.MOST / 2 - 2);
    }

    @Test
    void aServiceThatOnlyScalesKeepsTheNewestTooSinceTheirClientsMayComeBack() {
        for (int death = 0; death < 3 * Certificates.MOST; death++) {
            dies(death, DeathCause.SCALED_IN);
        }

        assertThat(certificates.byServer())
                .containsKeys(names(3 * Certificates.MOST - Certificates.MOST / 2, 3 * Certificates.MOST - 1));
    }

    @Test
    void forgetsThoseWhoseTimeIsOver() {
        IntStream.range(0, 10).forEach(death -> dies(death, DeathCause.KILLED));

        certificates.forgetOlderThan(7);

        assertThat(certificates.byServer()).containsOnlyKeys(names(7, 9));
    }

    private void dies(int death, DeathCause cause) {
        certificates.put(new DeathCertificate(
                "c" + death, "default", "default-" + death % 50, "n1:1", cause, 1, "", List.of(), null, null, death));
    }

    private static String[] names(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(death -> "c" + death).toArray(String[]::new);
    }
}
