/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageReaderTest {
    private static final ByteBufAllocator ALLOC = UnpooledByteBufAllocator.DEFAULT;
    private static final Pattern PATTERN = new Pattern();
    private static final String SESSION = "6f1b8a7e-1111-2222-3333-444455556666";

    private final List<String> seen = new ArrayList<>();
    private final MessageReader reader = new MessageReader(message -> seen.add(describe(message)));

    @Test
    void readsTheSameMessagesHoweverTheyAreCut() {
        ByteBuf bytes = Unpooled.buffer();
        bytes.writeBytes(request(7, 300, 64))
                .writeBytes(request(1L << 40, 0, 0))
                .writeBytes(request(3, 4, 5000));
        reader.read(bytes);
        List<String> uncut = List.copyOf(seen);

        for (int step : new int[] {1, 2, 3, 7, 191, 192, 193, 1000}) {
            seen.clear();
            for (int at = 0; at < bytes.writerIndex(); at += step) {
                reader.read(bytes.slice(at, Math.min(step, bytes.writerIndex() - at)));
            }
            assertThat(seen).as("cut into pieces of %d", step).isEqualTo(uncut);
        }

        assertThat(uncut).containsExactly(describe(7, 300, 64), describe(1L << 40, 0, 0), describe(3, 4, 5000));
        assertThat(reader.isAtMessageEnd()).isTrue();
    }

    @Test
    void findsSessionAndServerOfAnAnswer() {
        byte[] identity = BenchMessage.answerIdentity(SESSION.getBytes(StandardCharsets.US_ASCII), "server-2");

        new MessageReader(answer -> {
                    seen.add("read");
                    assertThat(answer.sessionIs(SESSION.getBytes(StandardCharsets.US_ASCII)))
                            .isTrue();
                    assertThat(answer.serverIs("server-2".getBytes(StandardCharsets.US_ASCII)))
                            .isTrue();
                    assertThat(answer.serverIs("server-3".getBytes(StandardCharsets.US_ASCII)))
                            .isFalse();
                })
                .read(BenchMessage.whole(ALLOC, identity, 0, 0, PATTERN, 64));

        assertThat(seen).hasSize(1);
    }

    @Test
    void seesEachChangedByteOfThePayload() {
        ByteBuf message = request(1, 1, 400);
        int last = message.writerIndex() - 1;
        message.setByte(last, message.getByte(last) ^ 1);

        reader.read(message);

        assertThat(seen).isNotEqualTo(List.of(describe(1, 1, 400))).hasSize(1);
    }

    @Test
    void noticesAMessageCutShort() {
        ByteBuf message = request(1, 1, 400);

        reader.read(message.slice(0, message.writerIndex() - 1));

        assertThat(seen).isEmpty();
        assertThat(reader.isAtMessageEnd()).isFalse();
    }

    @Test
    void refusesACompressedMessage() {
        ByteBuf message = request(1, 1, 4).setByte(0, 1);

        assertThatThrownBy(() -> reader.read(message)).hasMessage("gRPC flag: 1 (expected: 0)");
    }

    @Test
    void tellsTheOrderOfMessagesApart() {
        long oneTwo = Pattern.chain(Pattern.chain(0, 1), 2);
        long twoOne = Pattern.chain(Pattern.chain(0, 2), 1);

        assertThat(oneTwo).isNotEqualTo(twoOne);
    }

    private static ByteBuf request(long first, long second, int payload) {
        return BenchMessage.whole(ALLOC, BenchMessage.requestIdentity(SESSION, "ann"), first, second, PATTERN, payload);
    }

    private static String describe(MessageReader message) {
        return new String(message.session(), StandardCharsets.US_ASCII) + " " + message.first() + " " + message.second()
                + " " + message.payloadLength() + " " + message.checksum();
    }

    private static String describe(long first, long second, int payload) {
        return SESSION + " " + first + " " + second + " " + payload + " " + PATTERN.checksum(payload);
    }
}
