/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamPhaseTest {
    @Test
    void followsTheWayOfAStream() {
        StreamPhase phase = StreamPhase.READING_HEAD
                .to(StreamPhase.ROUTING)
                .to(StreamPhase.CONNECTING)
                .to(StreamPhase.RELAYING)
                .to(StreamPhase.CLOSED);

        assertThat(phase).isEqualTo(StreamPhase.CLOSED);
    }

    @Test
    void connectsAgainWhenTheServerHasNotLookedAtIt() {
        assertThat(StreamPhase.RELAYING.to(StreamPhase.CONNECTING).to(StreamPhase.RELAYING))
                .isEqualTo(StreamPhase.RELAYING);
    }

    @ParameterizedTest
    @EnumSource(names = "CLOSED", mode = EnumSource.Mode.EXCLUDE)
    void mayCloseFromAnyOpenPhase(StreamPhase phase) {
        assertThat(phase.to(StreamPhase.CLOSED)).isEqualTo(StreamPhase.CLOSED);
    }

    @ParameterizedTest
    @EnumSource
    void neverLeavesClosed(StreamPhase phase) {
        assertThatThrownBy(() -> StreamPhase.CLOSED.to(phase))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(phase.name())
                .hasMessageContaining("CLOSED");
    }

    @Test
    void neverRelaysWhatWasNotRouted() {
        assertThatThrownBy(() -> StreamPhase.READING_HEAD.to(StreamPhase.RELAYING))
                .isInstanceOf(IllegalStateException.class);
    }
}
