/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.RawPeer;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What an attacker sends without end.
 *
 * @param limit made for it
 * @param code of the GOAWAY that ends the connection
 * @param frames after how many frames of it at most that has to be
 */
record Flood(String name, Limit limit, ErrorCode code, int frames, Batch batch) {
    private static final int MOST_BATCHES = 2000;

    /** Sends some of it; {@code round} counts from 0. */
    interface Batch {
        void send(RawPeer attacker, int round);
    }

    static Stream<Flood> all() {
        return Stream.of(
                calm("rapid reset", Limit.RESETS_RECEIVED, 2 * Siege.RESETS, (attacker, round) -> {
                    attacker.call(2 * round + 1, "Config");
                    attacker.reset(2 * round + 1, ErrorCode.CANCEL);
                }),
                calm(
                        "resets provoked by a window that overflows",
                        Limit.RESETS_SENT,
                        2 * Siege.RESETS,
                        (attacker, round) -> {
                            attacker.call(2 * round + 1, "Config");
                            attacker.send(out -> Frame.writeWindowUpdate(out, 2 * round + 1, FlowWindow.MAX));
                        }),
                calm(
                        "resets provoked by DATA behind the end",
                        Limit.RESETS_SENT,
                        3 * Siege.RESETS,
                        (attacker, round) -> {
                            attacker.call(2 * round + 1, "ExecutePlan");
                            attacker.data(2 * round + 1, Siege.request(round), true);
                            attacker.data(2 * round + 1, new byte[1], true);
                        }),
                calm(
                        "resets provoked by trailers without an end",
                        Limit.RESETS_SENT,
                        2 * Siege.RESETS,
                        (attacker, round) -> {
                            attacker.call(2 * round + 1, "Config");
                            attacker.headers(2 * round + 1, false, "a", "b");
                        }),
                calm(
                        "resets provoked by malformed requests",
                        Limit.RESETS_SENT,
                        Siege.RESETS,
                        (attacker, round) -> attacker.headers(2 * round + 1, true, ":method", "GET")),
                calm(
                        "resets provoked by window updates of 0",
                        Limit.ZERO_WINDOW_UPDATES,
                        2 * AbuseLimits.forClients().maxZeroWindowUpdates(),
                        (attacker, round) -> {
                            attacker.call(2 * round + 1, "Config");
                            attacker.send(out -> Frame.writeWindowUpdate(out, 2 * round + 1, 0));
                        }),
                calm(
                        "CONTINUATIONs of a byte",
                        Limit.CONTINUATIONS,
                        AbuseLimits.forClients().maxContinuations(),
                        (attacker, round) -> attacker.send(out -> continuation(out, round, 1))),
                calm(
                        "CONTINUATIONs of nothing",
                        Limit.CONTINUATIONS,
                        AbuseLimits.forClients().maxContinuations(),
                        (attacker, round) -> attacker.send(out -> continuation(out, round, 0))),
                calm(
                        "CONTINUATIONs full of bytes",
                        Limit.HEADER_BLOCK_BYTES,
                        AbuseLimits.forClients().maxContinuations(),
                        (attacker, round) -> attacker.send(out -> continuation(out, round, 16_384))),
                calm(
                        "SETTINGS",
                        Limit.SETTINGS,
                        AbuseLimits.forClients().maxSettings(),
                        repeated(out -> RawPeer.hexFrame(out, Frame.SETTINGS, 0, 0, "000100000000000400010000"))),
                calm(
                        "SETTINGS acknowledgements",
                        Limit.SETTINGS,
                        AbuseLimits.forClients().maxSettings(),
                        repeated(Frame::writeSettingsAck)),
                calm(
                        "PING",
                        Limit.PINGS,
                        AbuseLimits.forClients().maxPings(),
                        repeated(out -> Frame.writePing(out, 1, false))),
                calm(
                        "empty DATA",
                        Limit.EMPTY_DATA,
                        AbuseLimits.forClients().maxEmptyData() + 1,
                        onOneStream(out -> Frame.writeHeader(out, 0, Frame.DATA, 0, 1))),
                calm(
                        "DATA of nothing but padding",
                        Limit.EMPTY_DATA,
                        AbuseLimits.forClients().maxEmptyData() + 1,
                        onOneStream(out -> {
                            Frame.writeHeader(out, 101, Frame.DATA, 0x8, 1);
                            out.writeByte(100).writeZero(100);
                        })),
                calm(
                        "WINDOW_UPDATE",
                        Limit.WINDOW_UPDATES,
                        AbuseLimits.forClients().maxWindowUpdates(),
                        repeated(out -> Frame.writeWindowUpdate(out, 0, 1))),
                calm(
                        "PRIORITY",
                        Limit.IGNORED_FRAMES,
                        AbuseLimits.forClients().maxIgnoredFrames(),
                        repeated(out -> RawPeer.hexFrame(out, Frame.PRIORITY, 0, 1, "0000000010"))),
                calm(
                        "frames of unknown type",
                        Limit.IGNORED_FRAMES,
                        AbuseLimits.forClients().maxIgnoredFrames(),
                        repeated(out -> RawPeer.hexFrame(out, 0xbe, 0xff, 7, "00".repeat(100)))),
                calm(
                        "GOAWAY",
                        Limit.GO_AWAYS,
                        AbuseLimits.forClients().maxGoAways(),
                        repeated(out -> Frame.writeGoAway(out, 0, ErrorCode.NO_ERROR))),
                calm(
                        "header lists that unfold beyond the limit",
                        Limit.RESETS_SENT,
                        Siege.RESETS,
                        (attacker, round) -> attacker.send(out -> bomb(out, round))),
                new Flood(
                        "a frame too large",
                        Limit.FRAME_SIZE,
                        ErrorCode.FRAME_SIZE_ERROR,
                        0,
                        repeated(out -> Frame.writeHeader(out, 0xffffff, Frame.DATA, 0, 1))),
                new Flood(
                        "more credit than there is",
                        Limit.FLOW_CONTROL,
                        ErrorCode.FLOW_CONTROL_ERROR,
                        1,
                        repeated(out -> Frame.writeWindowUpdate(out, 0, FlowWindow.MAX))));
    }

    /** Goes on until the connection is closed. */
    void sendTo(RawPeer attacker) {
        for (int round = 0; round < MOST_BATCHES; round++) {
            try {
                batch.send(attacker, round);
            } catch (UncheckedIOException closed) {
                return;
            }
        }
    }

    private static Flood calm(String name, Limit limit, int frames, Batch batch) {
        return new Flood(name, limit, ErrorCode.ENHANCE_YOUR_CALM, frames, batch);
    }

    private static Batch repeated(Consumer<ByteBuf> frame) {
        return (attacker, round) -> attacker.send(out -> {
            for (int i = 0; i < 500; i++) {
                frame.accept(out);
            }
        });
    }

    private static Batch onOneStream(Consumer<ByteBuf> frame) {
        return (attacker, round) -> {
            if (round == 0) {
                attacker.call(1, "Config");
            }
            attacker.send(frame);
        };
    }

    static void continuation(ByteBuf out, int round, int bytes) {
        Frame.writeHeader(out, bytes, round == 0 ? Frame.HEADERS : Frame.CONTINUATION, 0, 1);
        out.writeZero(bytes);
    }

    /** A header of 4,000 bytes that goes into the table, and 10,000 references to it: 40 MB from 14 KB. */
    static void bomb(ByteBuf out, int round) {
        int references = 10_000;
        int literal = 1 + 1 + 1 + 3 + 4000;
        Frame.writeHeader(out, literal + references, Frame.HEADERS, 0x5, 2 * round + 1);
        // Literal with incremental indexing, new name "a", value of 4000 bytes (127 + 3873).
        out.writeByte(0x40)
                .writeByte(1)
                .writeByte('a')
                .writeByte(0x7f)
                .writeByte(0x80 | (3873 & 0x7f))
                .writeByte(3873 >> 7);
        out.writeBytes("x".repeat(4000).getBytes(US_ASCII));
        for (int i = 0; i < references; i++) {
            out.writeByte(0x80 | 62);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
