/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** The Spark Connect service as gRPC knows it, its messages as plain bytes. */
public final class Grpc {
    public static final String SERVICE = "spark.connect.SparkConnectService";

    private static final Marshaller<byte[]> BYTES = new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private Grpc() {}

    public static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
        return method(SERVICE, name, type);
    }

    public static MethodDescriptor<byte[], byte[]> method(String service, String name, MethodType type) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setFullMethodName(service + "/" + name)
                .setType(type)
                .setRequestMarshaller(BYTES)
                .setResponseMarshaller(BYTES)
                .build();
    }

    /** A request message: session_id (1), user_context (2) with user_id (1), and a payload as field 3. */
    public static byte[] request(String session, String user, byte[] payload) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        field(message, 1, session.getBytes(UTF_8));
        ByteArrayOutputStream context = new ByteArrayOutputStream();
        field(context, 1, user.getBytes(UTF_8));
        field(message, 2, context.toByteArray());
        field(message, 3, payload);
        return message.toByteArray();
    }

    /** A message as gRPC carries it, uncompressed: its length in front. */
    public static byte[] framed(byte[] message) {
        return ByteBuffer.allocate(5 + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }

    public static byte[] request(String session, String payload) {
        return request(session, "tester", payload.getBytes(UTF_8));
    }

    /** The request with a further text field. */
    public static byte[] with(byte[] request, int number, String value) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(request);
        field(message, number, value.getBytes(UTF_8));
        return message.toByteArray();
    }

    /** The payload of such a request. */
    public static byte[] payload(byte[] request) {
        return field(request, 3);
    }

    /** Whose request it is, whoever built it. */
    public static String sessionId(byte[] request) {
        return new String(field(request, 1), UTF_8);
    }

    private static byte[] field(byte[] request, int wanted) {
        int at = 0;
        while (at < request.length) {
            int tag = request[at++];
            int length = 0;
            for (int shift = 0; ; shift += 7) {
                int b = request[at++];
                length |= (b & 0x7f) << shift;
                if (b >= 0) {
                    break;
                }
            }
            if (tag >> 3 == wanted) {
                return java.util.Arrays.copyOfRange(request, at, at + length);
            }
            at += length;
        }
        return new byte[0];
    }

    private static void field(ByteArrayOutputStream out, int number, byte[] value) {
        out.write(number << 3 | 2);
        int length = value.length;
        while (length > 0x7f) {
            out.write((length & 0x7f) | 0x80);
            length >>>= 7;
        }
        out.write(length);
        out.writeBytes(value);
    }
}
