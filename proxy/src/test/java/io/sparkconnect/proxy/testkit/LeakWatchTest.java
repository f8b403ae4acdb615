/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;

class LeakWatchTest {
    @Test
    void watchesAClassThatDoesNotAskForIt() {
        assertThat(LeakWatch.watches(LeakWatchTest.class)).isTrue();
    }

    @Test
    void failsWhenABufferWasLetGo() {
        letABufferGo();

        await().untilAsserted(() -> assertThatThrownBy(LeakWatch::assertNoLeaks)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("buffers that were never released"));

        LeakWatch.forgetLeaks();
        LeakWatch.assertNoLeaks();
    }

    private static void letABufferGo() {
        ByteBufAllocator.DEFAULT.buffer(16).writeInt(1);
    }
}
