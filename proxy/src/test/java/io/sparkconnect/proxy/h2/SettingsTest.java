/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    private final PeerSettings peer = new PeerSettings();

    @Test
    void beginsWithTheProtocolsDefaults() {
        assertThat(peer.headerTableSize()).isEqualTo(4096);
        assertThat(peer.initialWindowSize()).isEqualTo(65_535);
        assertThat(peer.maxFrameSize()).isEqualTo(16_384);
        assertThat(peer.maxConcurrentStreams()).isEqualTo(Long.MAX_VALUE);
        assertThat(peer.maxHeaderListSize()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void takesWhatGrpcClientsSend() throws Exception {
        peer.apply(
                hex("000200000000" + "000300000000" + "000400400000" + "000500400000" + "000600004000"
                        + "fe0300000001"),
                false);

        assertThat(peer.initialWindowSize()).isEqualTo(4 << 20);
        assertThat(peer.maxFrameSize()).isEqualTo(4 << 20);
        assertThat(peer.maxHeaderListSize()).isEqualTo(16_384);
        assertThat(peer.maxConcurrentStreams()).isZero();
    }

    @Test
    void theLastOfEqualEntriesHolds() throws Exception {
        peer.apply(hex("000400000064" + "000400000001"), false);
        assertThat(peer.initialWindowSize()).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0} from server {1}: {2}")
    @CsvSource({
        "000200000002, false, PROTOCOL_ERROR",
        "000200000001, true, PROTOCOL_ERROR",
        "000480000000, false, FLOW_CONTROL_ERROR",
        "000500003fff, false, PROTOCOL_ERROR",
        "000501000000, false, PROTOCOL_ERROR",
    })
    void refuses(String entry, boolean fromServer, ErrorCode code) {
        assertThat(catchThrowableOfType(ConnectionErrorException.class, () -> peer.apply(hex(entry), fromServer))
                        .code())
                .isEqualTo(code);
    }

    @Test
    void writesSettingsThatAPeerReadsBack() throws Exception {
        ByteBuf out = Unpooled.buffer();
        new LocalSettings(false, 100, 1 << 20, 8 << 20, 66_560, 65_536).write(out);

        int length = Frame.length(out, 0);
        peer.apply(out.slice(Frame.HEADER_LENGTH, length), false);
        assertThat(peer.maxConcurrentStreams()).isEqualTo(100);
        assertThat(peer.initialWindowSize()).isEqualTo(1 << 20);
        assertThat(peer.maxFrameSize()).isEqualTo(66_560);
        assertThat(peer.maxHeaderListSize()).isEqualTo(65_536);
        int update = Frame.HEADER_LENGTH + length;
        assertThat(Frame.type(out, update)).isEqualTo(Frame.WINDOW_UPDATE);
        assertThat(out.getInt(update + Frame.HEADER_LENGTH)).isEqualTo((8 << 20) - 65_535);
    }

    @Test
    void tellsAServerNotToPush() {
        ByteBuf out = Unpooled.buffer();
        new LocalSettings(true, 0, 1 << 20, 65_535, 16_384, 65_536).write(out);
        assertThat(ByteBufUtil.hexDump(out)).contains("000200000000").doesNotContain("0003");
    }

    @Test
    void refusesToAdvertiseWhatTheProtocolForbids() {
        assertThatThrownBy(() -> new LocalSettings(true, 0, 1, 1000, 16_384, 1))
                .hasMessageContaining("connectionWindow: 1000 (expected: >= 65535)");
        assertThatThrownBy(() -> new LocalSettings(true, 0, 1, 65_535, 100, 1))
                .hasMessageContaining("maxFrameSize: 100");
    }

    private static ByteBuf hex(String entries) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(entries));
    }
}
