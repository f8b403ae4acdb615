/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LoginCheckTest {
    private final Findings findings = new Findings();

    @Test
    void saysToLogInWhereSecurityIsOnAndNobodyIs() {
        LoginCheck.check(true, false, findings);

        assertThatThrownBy(findings::orElseThrow)
                .isInstanceOf(CommandException.class)
                .satisfies(e -> assertThat(((CommandException) e).lines())
                        .singleElement()
                        .asString()
                        .contains("hadoop.security.authentication is kerberos", "kinit"));
    }

    @Test
    void warnsThatTokensDie() throws Exception {
        LoginCheck.check(true, true, findings);

        findings.orElseThrow();
        assertThat(findings.warnings()).singleElement().asString().contains("a week by default", "launch it anew");
    }

    @Test
    void hasNothingToSayWithoutSecurity() throws Exception {
        LoginCheck.check(false, false, findings);

        findings.orElseThrow();
        assertThat(findings.warnings()).isEmpty();
    }
}
