/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WindowsTest {
    @Test
    void aWindowMayGoBelowZeroWhenTheInitialSizeShrinks() {
        FlowWindow window = new FlowWindow(100);
        window.take(80);

        assertThat(window.add(-100)).isTrue();

        assertThat(window.available()).isEqualTo(-80);
        assertThat(window.add(81)).isTrue();
        assertThat(window.available()).isEqualTo(1);
    }

    @Test
    void aWindowRefusesMoreThan31Bits() {
        FlowWindow window = new FlowWindow(FlowWindow.MAX);
        assertThat(window.add(1)).isFalse();
        assertThat(window.available()).isEqualTo(FlowWindow.MAX);
        window.take(1);
        assertThat(window.add(1)).isTrue();
    }

    @Test
    void creditIsReturnedInStepsOfHalfTheWindow() {
        CreditWindow credit = new CreditWindow(1000);
        assertThat(credit.receive(1000)).isTrue();

        assertThat(credit.release(499)).isZero();
        assertThat(credit.release(1)).isEqualTo(500);
        assertThat(credit.release(500)).isEqualTo(500);
        assertThat(credit.receive(1000)).isTrue();
    }

    @Test
    void moreThanTheGivenCreditIsNoticed() {
        CreditWindow credit = new CreditWindow(10);
        assertThat(credit.receive(10)).isTrue();
        assertThat(credit.receive(1)).isFalse();
    }

    @Test
    void growingGivesTheDifferenceAndWhatWasConsumed() {
        CreditWindow credit = new CreditWindow(100);
        assertThat(credit.receive(40)).isTrue();
        assertThat(credit.release(40)).isZero();

        assertThat(credit.growTo(1000)).isEqualTo(940);

        assertThat(credit.receive(1000)).isTrue();
        assertThat(credit.receive(1)).isFalse();
        assertThat(credit.growTo(1000)).isZero();
    }
}
