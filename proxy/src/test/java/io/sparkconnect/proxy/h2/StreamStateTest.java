/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.proxy.h2.StreamState.Event;
import org.junit.jupiter.api.Test;

class StreamStateTest {
    @Test
    void walksBothWaysToClosed() {
        StreamState open = StreamState.IDLE.next(Event.HEADERS);
        assertThat(open.next(Event.RECEIVE_END)).isEqualTo(StreamState.HALF_CLOSED_REMOTE);
        assertThat(open.next(Event.RECEIVE_END).next(Event.SEND_END)).isEqualTo(StreamState.CLOSED);
        assertThat(open.next(Event.SEND_END)).isEqualTo(StreamState.HALF_CLOSED_LOCAL);
        assertThat(open.next(Event.SEND_END).next(Event.RECEIVE_END)).isEqualTo(StreamState.CLOSED);
    }

    @Test
    void aResetEndsEveryLivingState() {
        for (StreamState state :
                new StreamState[] {StreamState.OPEN, StreamState.HALF_CLOSED_LOCAL, StreamState.HALF_CLOSED_REMOTE}) {
            assertThat(state.next(Event.RESET)).isEqualTo(StreamState.CLOSED);
        }
    }

    @Test
    void anImpossibleMoveNamesBothEnds() {
        assertThatThrownBy(() -> StreamState.HALF_CLOSED_REMOTE.next(Event.RECEIVE_END))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("RECEIVE_END in state HALF_CLOSED_REMOTE");
        assertThatThrownBy(() -> StreamState.CLOSED.next(Event.RESET)).hasMessage("RESET in state CLOSED");
    }

    @Test
    void knowsWhoMaySend() {
        assertThat(StreamState.HALF_CLOSED_REMOTE.mayReceive()).isFalse();
        assertThat(StreamState.HALF_CLOSED_REMOTE.maySend()).isTrue();
        assertThat(StreamState.HALF_CLOSED_LOCAL.mayReceive()).isTrue();
        assertThat(StreamState.HALF_CLOSED_LOCAL.maySend()).isFalse();
        assertThat(StreamState.CLOSED.mayReceive()).isFalse();
        assertThat(StreamState.IDLE.maySend()).isFalse();
    }
}
