/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.route.StatusAnswer;

/** Writes the proxy's own answers into a response's flow. Stateless. */
final class AnswerFrames {
    private static final int PREFIX_BYTES = 5;

    private AnswerFrames() {}

    /** @param responseStarted the client has got the beginning of a server's response: only its end can be told */
    static void write(Flow response, ByteBufAllocator allocator, StatusAnswer answer, boolean responseStarted) {
        if (responseStarted) {
            response.headers(GrpcHeaders.trailers(answer), true);
        } else if (answer.code() != GrpcStatus.OK || answer.responseMessage().length == 0) {
            response.headers(GrpcHeaders.trailersOnly(answer), true);
        } else {
            byte[] message = answer.responseMessage();
            ByteBuf frame = allocator.buffer(Frame.HEADER_LENGTH + PREFIX_BYTES + message.length);
            frame.writeZero(Frame.HEADER_LENGTH + 1).writeInt(message.length).writeBytes(message);
            response.headers(GrpcHeaders.responseHead(), false);
            response.data(frame, 0, PREFIX_BYTES + message.length, false);
            frame.release();
            response.headers(GrpcHeaders.trailers(answer), true);
        }
    }

    /** For somebody who does not speak gRPC. */
    static void writePlainText(Flow response, ByteBufAllocator allocator, int httpStatus) {
        byte[] text = Answers.NOT_GRPC.getBytes(US_ASCII);
        ByteBuf frame = allocator.buffer(Frame.HEADER_LENGTH + text.length);
        frame.writeZero(Frame.HEADER_LENGTH).writeBytes(text);
        response.headers(GrpcHeaders.plainText(httpStatus), false);
        response.data(frame, 0, text.length, true);
        frame.release();
    }
}
