/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserRuleTest {
    @ParameterizedTest
    @CsvSource({
        "ann, ann, true",
        "ann, anna, false",
        "ann, Ann, false",
        "etl-*, etl-nightly, true",
        "etl-*, etl-, true",
        "etl-*, etl, false",
        "*@example.com, ann@example.com, true",
        "*@example.com, ann@example.org, false",
        "*a*b, xaab, true",
        "*a*b, xba, false",
        "a*a, a, false",
        "*, '', true",
        "*, anybody, true",
        "ann, '', false",
        "a.b, axb, false"
    })
    void matchesNamesAndPatterns(String users, String user, boolean matches) {
        assertThat(new UserRule(users, "etl").matches(user)).isEqualTo(matches);
    }

    @Test
    void theFirstRuleThatMatchesDecidesAndTheDefaultWhereNoneDoes() {
        PoolRouting routing = new PoolRouting("small", List.of(new UserRule("ann", "big"), new UserRule("a*", "etl")));

        assertThat(routing.poolOf("ann")).isEqualTo("big");
        assertThat(routing.poolOf("andy")).isEqualTo("etl");
        assertThat(routing.poolOf("bob")).isEqualTo("small");
        assertThat(routing.poolOf("")).isEqualTo("small");
    }
}
