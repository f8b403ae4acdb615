/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderEncoder;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.testkit.Grpc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Conversations as a client or a server holds them, and what becomes of them when frames are changed at random. */
final class FuzzedFrames {
    private static final int SMALL = 40;

    private final SplittableRandom random;
    private final HeaderEncoder encoder = new HeaderEncoder();

    FuzzedFrames(SplittableRandom random) {
        this.random = random;
    }

    /** What a client says behind its preface: a few calls of one session, now and then something else. */
    byte[] clientConversation(String session) {
        List<byte[]> frames = new ArrayList<>();
        frames.add(frame(out -> Frame.writeHeader(out, 0, Frame.SETTINGS, 0, 0)));
        int calls = 1 + random.nextInt(4);
        for (int call = 0; call < calls; call++) {
            int id = 2 * call + 1;
            frames.add(headers(
                    id,
                    random.nextInt(10) == 0,
                    ":method",
                    "POST",
                    ":scheme",
                    "http",
                    ":path",
                    "/" + Grpc.SERVICE + "/" + (random.nextBoolean() ? "Config" : "AddArtifacts"),
                    "content-type",
                    "application/grpc",
                    "te",
                    "trailers"));
            byte[] message = Siege.request(session, call);
            int cut = random.nextInt(message.length);
            frames.add(data(id, message, 0, cut, false));
            frames.add(data(id, message, cut, message.length, random.nextInt(4) > 0));
            addSomethingElse(frames, id);
        }
        return joined(mutated(frames));
    }

    /** What a server says to the call of a stream, its SETTINGS excluded. */
    byte[] answer(int id) {
        List<byte[]> frames = new ArrayList<>();
        if (random.nextInt(8) == 0) {
            frames.add(headers(id, false, ":status", "103"));
        }
        frames.add(headers(id, false, ":status", "200", "content-type", "application/grpc"));
        byte[] message = new byte[5 + random.nextInt(3000)];
        message[3] = (byte) ((message.length - 5) >> 8);
        message[4] = (byte) (message.length - 5);
        frames.add(data(id, message, 0, message.length, false));
        addSomethingElse(frames, id);
        frames.add(headers(id, true, "grpc-status", "0"));
        return joined(mutated(frames));
    }

    private void addSomethingElse(List<byte[]> frames, int id) {
        switch (random.nextInt(20)) {
            case 0 -> frames.add(frame(out -> Frame.writePing(out, random.nextLong(), random.nextBoolean())));
            case 1 ->
                frames.add(frame(
                        out -> Frame.writeWindowUpdate(out, random.nextBoolean() ? 0 : id, 1 << random.nextInt(31))));
            case 2 -> frames.add(frame(out -> Frame.writeRstStream(out, id, ErrorCode.CANCEL)));
            case 3 -> frames.add(frame(out -> Frame.writeGoAway(out, random.nextInt(9), ErrorCode.NO_ERROR)));
            case 4 ->
                frames.add(frame(out -> {
                    Frame.writeHeader(out, 6, Frame.SETTINGS, 0, 0);
                    out.writeShort(1 + random.nextInt(6)).writeInt(random.nextInt());
                }));
            case 5 -> frames.add(noise());
            default -> {}
        }
    }

    /** A frame of any type and content. */
    private byte[] noise() {
        int length = random.nextInt(random.nextInt(20) == 0 ? 5000 : SMALL);
        return frame(out -> {
            Frame.writeHeader(out, length, random.nextInt(11), random.nextInt(256), random.nextInt(12));
            for (int i = 0; i < length; i++) {
                out.writeByte(random.nextInt(256));
            }
        });
    }

    /** Most frames stay as they are: a conversation that is broken at once tries nothing of what comes later. */
    private List<byte[]> mutated(List<byte[]> frames) {
        List<byte[]> result = new ArrayList<>();
        for (byte[] frame : frames) {
            result.add(frame);
            switch (random.nextInt(100)) {
                case 0 -> frame[random.nextInt(frame.length)] = (byte) random.nextInt(256);
                case 1 -> frame[random.nextInt(Frame.HEADER_LENGTH)] ^= (byte) (1 << random.nextInt(8));
                case 2 -> frame[4] = (byte) random.nextInt(256); // flags
                case 3 -> frame[8] = (byte) random.nextInt(12); // stream id
                case 4 -> result.add(frame.clone());
                case 5 -> result.add(noise());
                case 6 -> result.remove(result.size() - 1);
                case 7 -> Collections.swap(result, result.size() - 1, random.nextInt(result.size()));
                default -> {}
            }
        }
        return result;
    }

    private byte[] joined(List<byte[]> frames) {
        byte[] all = frame(out -> frames.forEach(out::writeBytes));
        // Now and then the connection ends within a frame.
        return random.nextInt(10) == 0 ? Arrays.copyOf(all, random.nextInt(all.length + 1)) : all;
    }

    private byte[] headers(int id, boolean end, String... namesAndValues) {
        Http2Headers fields = new DefaultHttp2Headers(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return frame(out -> encoder.write(out, id, new HeaderList(fields), end, Frame.MIN_MAX_SIZE));
    }

    private static byte[] data(int id, byte[] bytes, int from, int to, boolean end) {
        return frame(out -> {
            Frame.writeHeader(out, to - from, Frame.DATA, end ? Frame.FLAG_END_STREAM : 0, id);
            out.writeBytes(bytes, from, to - from);
        });
    }

    private static byte[] frame(Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        writer.accept(out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
