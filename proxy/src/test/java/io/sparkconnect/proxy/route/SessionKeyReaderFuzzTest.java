/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.Unpooled;
import io.sparkconnect.registry.SessionKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * The reader against protobuf-java, which the servers read with. Another run with the same messages:
 * {@code -Dtest.jvm.args=-Droute.fuzz.seed=…}.
 */
class SessionKeyReaderFuzzTest {
    private static final int MESSAGES = 200_000;
    private static final List<Integer> FIELDS = List.of(1, 1, 1, 2, 2, 3, 4, 8, 17, 99, 536_870_911);

    private final long seed = Long.getLong("route.fuzz.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final SessionKeyReader reader = new SessionKeyReader(SessionKeyReader.DEFAULT_MAX_HEAD_BYTES);
    private final Descriptor request = requestDescriptor();

    @Test
    void readsEveryMessageAsProtobufDoes() throws Exception {
        System.out.println("seed " + seed);
        int read = 0;
        int refused = 0;
        for (int i = 0; i < MESSAGES; i++) {
            byte[] message = randomMessage();
            boolean gzipped = random.nextInt(20) == 0;
            HeadReading reading = reader.read(
                    "ExecutePlan",
                    RequestBytes.stream(gzipped ? 1 : 0, gzipped ? RequestBytes.gzip(message) : message),
                    random.nextBoolean());
            Expected expected = oracle(message);

            Supplier<String> what =
                    () -> "seed " + seed + ", message " + HexFormat.of().formatHex(message);
            if (reading instanceof HeadReading.Complete complete) {
                read++;
                assertThat(expected).as(what).isEqualTo(Expected.of(complete.head()));
            } else {
                refused++;
                assertThat(reading).as(what).isInstanceOf(HeadReading.Refused.class);
                assertThat(expected.sessionId()).as(what).isEmpty();
            }
        }
        assertThat(read).as("messages read, seed " + seed).isGreaterThan(MESSAGES / 10);
        assertThat(refused).as("messages refused, seed " + seed).isGreaterThan(MESSAGES / 10);
    }

    /** Where the ids of a long message lie decides: they are read, the request is refused, or its user is not to be seen. */
    @Test
    void readsLongMessagesInAnyOrderAsProtobufDoesOrRefusesThem() throws Exception {
        System.out.println("seed " + seed);
        int readFurther = 0;
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            List<Integer> order = new ArrayList<>(List.of(1, 2, 3, 4, 8));
            Collections.shuffle(order, random);
            if (random.nextInt(5) == 0) {
                order.remove(Integer.valueOf(2));
            }
            RequestBytes message = RequestBytes.message();
            Map<Integer, Integer> ends = new HashMap<>();
            for (int field : order) {
                switch (field) {
                    case 2 -> message.user("user-" + i);
                    case 3 -> message.bytes(3, new byte[random.nextInt(90_000)]);
                    default -> message.text(field, "field-" + field + "-of-" + i);
                }
                ends.put(field, 5 + message.toMessage().length);
            }
            byte[] bytes = message.bytes(99, new byte[random.nextInt(90_000)]).toMessage();
            int reach = SessionKeyReader.FURTHEST_HEAD_BYTES;
            boolean whole = bytes.length + 5 <= reach;
            int sessionEnd = ends.getOrDefault(1, Integer.MAX_VALUE);
            boolean userInReach = ends.getOrDefault(2, Integer.MAX_VALUE) <= reach;
            List<Integer> seen = order.stream()
                    .filter(field -> ends.getOrDefault(field, Integer.MAX_VALUE) <= reach)
                    .toList();
            boolean ascending = seen.equals(seen.stream().sorted().toList());

            HeadReading reading = reader.read("ExecutePlan", RequestBytes.stream(0, bytes), random.nextBoolean());

            String what = "seed " + seed + ", order " + order + ", ends " + ends + ", length " + bytes.length;
            Expected expected = oracle(bytes);
            if (reading instanceof HeadReading.Complete complete) {
                SessionKey session = complete.head().session();
                assertThat(session.sessionId()).as(what).isEqualTo(expected.sessionId());
                assertThat(session.userId()).as(what).isEqualTo(whole || userInReach ? expected.userId() : "");
                assertThat(whole || userInReach || ascending).as(what).isTrue();
                readFurther += sessionEnd > SessionKeyReader.DEFAULT_MAX_HEAD_BYTES ? 1 : 0;
            } else {
                refused++;
                assertThat(((HeadReading.Refused) reading).reason())
                        .as(what)
                        .isEqualTo(sessionEnd > reach ? "no-session-id" : "no-user-context");
                assertThat(whole).as(what).isFalse();
                boolean userCut = !userInReach && ends.getOrDefault(2, Integer.MAX_VALUE) < reach + 20;
                assertThat(sessionEnd > reach || (!userInReach && !ascending) || userCut)
                        .as(what)
                        .isTrue();
            }
        }
        assertThat(readFurther).as("seed " + seed).isGreaterThan(100);
        assertThat(refused).as("seed " + seed).isGreaterThan(100);
    }

    @Test
    void survivesAnyBytes() {
        System.out.println("seed " + seed);
        byte[] bytes = new byte[SessionKeyReader.FURTHEST_HEAD_BYTES + 100];
        for (int i = 0; i < 3_000; i++) {
            random.nextBytes(bytes);
            bytes[0] = (byte) random.nextInt(2);
            if (random.nextBoolean()) {
                bytes[1] = 0;
                bytes[2] = 0;
            }
            if (bytes[0] == 1) {
                System.arraycopy(new byte[] {0x1f, (byte) 0x8b, 8}, 0, bytes, 5, 3);
            }
            int length = random.nextInt(bytes.length);
            for (String method : List.of("ExecutePlan", "CloneSession", "ReleaseSession", "Unknown")) {
                assertThat(reader.read(method, Unpooled.wrappedBuffer(bytes, 0, length), random.nextBoolean()))
                        .as("seed %d, number %d", seed, i)
                        .isNotNull();
            }
        }
    }

    /** What protobuf makes of a message; an empty session id when it is none, or has none. */
    private record Expected(String sessionId, String userId, String observed) {
        private static final Expected NOTHING = new Expected("", "", "");

        static Expected of(RequestHead head) {
            String observed = head.observedServerSession();
            return new Expected(head.session().sessionId(), head.session().userId(), observed == null ? "" : observed);
        }
    }

    private Expected oracle(byte[] message) {
        try {
            DynamicMessage parsed = DynamicMessage.parseFrom(request, message);
            DynamicMessage user = (DynamicMessage) parsed.getField(request.findFieldByNumber(2));
            return new Expected(
                    (String) parsed.getField(request.findFieldByNumber(1)),
                    (String) user.getField(user.getDescriptorForType().findFieldByNumber(1)),
                    (String) parsed.getField(request.findFieldByNumber(8)));
        } catch (InvalidProtocolBufferException e) {
            return Expected.NOTHING;
        }
    }

    // ---- messages: mostly well-formed, in any order and with any repetition; some damaged

    private byte[] randomMessage() {
        RequestBytes message = RequestBytes.message();
        if (random.nextInt(4) > 0) {
            message.text(1, "session-" + random.nextInt(100));
        }
        int fields = random.nextInt(7);
        for (int i = 0; i < fields; i++) {
            randomField(message, 3);
        }
        byte[] bytes = message.toMessage();
        if (bytes.length > 0 && random.nextInt(4) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return random.nextInt(10) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
    }

    private void randomField(RequestBytes message, int depth) {
        int field = FIELDS.get(random.nextInt(FIELDS.size()));
        switch (random.nextInt(depth > 0 ? 9 : 7)) {
            case 0 -> tag(message, field, 0).raw(varint(random.nextLong()));
            case 1 -> tag(message, field, 1).raw(randomBytes(8));
            case 2 -> tag(message, field, 5).raw(randomBytes(4));
            case 3 -> value(message, field, randomBytes(random.nextInt(40)));
            case 4, 5 -> value(message, field, text());
            case 6 -> value(message, 2, user());
            case 7 -> {
                tag(message, field, 3);
                randomField(message, depth - 1);
                tag(message, field, 4);
            }
            default -> {
                RequestBytes inner = RequestBytes.message();
                randomField(inner, depth - 1);
                value(message, field, inner.toMessage());
            }
        }
    }

    private byte[] user() {
        RequestBytes user = RequestBytes.message();
        for (int i = random.nextInt(4); i > 0; i--) {
            switch (random.nextInt(3)) {
                case 0 -> value(user, 1, text());
                case 1 -> value(user, 2, text());
                default -> randomField(user, 1);
            }
        }
        return user.toMessage();
    }

    private byte[] text() {
        return List.of("anna", "bert", "", "größe", "\uD83D\uDE00", "x".repeat(200))
                .get(random.nextInt(6))
                .getBytes(UTF_8);
    }

    private RequestBytes tag(RequestBytes message, int field, int wireType) {
        return message.raw(varint(((long) field << 3) | wireType));
    }

    private void value(RequestBytes message, int field, byte[] value) {
        tag(message, field, 2).raw(varint(value.length)).raw(value);
    }

    /** Sometimes longer than it need be. */
    private byte[] varint(long value) {
        RequestBytes bytes = RequestBytes.message();
        long rest = value;
        int written = 1;
        while ((rest & ~0x7fL) != 0) {
            bytes.raw((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
            written++;
        }
        int padding = random.nextInt(10) == 0 ? random.nextInt(11 - Math.min(written, 10) + 1) : 0;
        if (padding == 0) {
            return bytes.raw((int) rest).toMessage();
        }
        bytes.raw((int) (rest | 0x80));
        for (int i = 1; i < padding; i++) {
            bytes.raw(0x80);
        }
        return bytes.raw(0).toMessage();
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static Descriptor requestDescriptor() {
        DescriptorProto user = DescriptorProto.newBuilder()
                .setName("User")
                .addField(text("user_id", 1))
                .build();
        DescriptorProto plan = DescriptorProto.newBuilder()
                .setName("Request")
                .addField(text("session_id", 1))
                .addField(FieldDescriptorProto.newBuilder()
                        .setName("user_context")
                        .setNumber(2)
                        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                        .setType(FieldDescriptorProto.Type.TYPE_MESSAGE)
                        .setTypeName("User"))
                .addField(text("client_observed_server_side_session_id", 8))
                .build();
        FileDescriptorProto file = FileDescriptorProto.newBuilder()
                .setName("request.proto")
                .setSyntax("proto3")
                .addMessageType(user)
                .addMessageType(plan)
                .build();
        try {
            return FileDescriptor.buildFrom(file, new FileDescriptor[0]).findMessageTypeByName("Request");
        } catch (DescriptorValidationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static FieldDescriptorProto text(String name, int number) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                .setType(FieldDescriptorProto.Type.TYPE_STRING)
                .build();
    }
}
