/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.route.StatusAnswer;
import java.util.Base64;

/** The header lists that the proxy makes itself. Stateless. */
final class GrpcHeaders {
    static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
    static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");
    static final AsciiString GRPC_DETAILS = AsciiString.cached("grpc-status-details-bin");
    static final AsciiString GRPC_TIMEOUT = AsciiString.cached("grpc-timeout");
    static final AsciiString X_POOL = AsciiString.cached("x-pool");
    static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    static final AsciiString APPLICATION_GRPC = AsciiString.cached("application/grpc");

    private static final AsciiString STATUS_200 = AsciiString.cached("200");
    private static final AsciiString TEXT_PLAIN = AsciiString.cached("text/plain; charset=utf-8");
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private GrpcHeaders() {}

    static HeaderList responseHead() {
        return new HeaderList(head());
    }

    /** A response that is nothing but a status. */
    static HeaderList trailersOnly(StatusAnswer answer) {
        return new HeaderList(addStatus(head(), answer));
    }

    static HeaderList trailers(StatusAnswer answer) {
        return new HeaderList(addStatus(new DefaultHttp2Headers(false), answer));
    }

    /** For somebody who does not speak gRPC. */
    static HeaderList plainText(int httpStatus) {
        return new HeaderList(new DefaultHttp2Headers(false)
                .status(Integer.toString(httpStatus))
                .set(CONTENT_TYPE, TEXT_PLAIN));
    }

    private static Http2Headers head() {
        return new DefaultHttp2Headers(false).status(STATUS_200).set(CONTENT_TYPE, APPLICATION_GRPC);
    }

    private static Http2Headers addStatus(Http2Headers headers, StatusAnswer answer) {
        headers.set(GRPC_STATUS, Integer.toString(answer.code()));
        if (!answer.message().isEmpty()) {
            headers.set(GRPC_MESSAGE, percentEncoded(answer.message()));
        }
        if (answer.details().length > 0) {
            headers.set(GRPC_DETAILS, Base64.getEncoder().withoutPadding().encodeToString(answer.details()));
        }
        return headers;
    }

    /** The status that gRPC clients make of an RST_STREAM (gRPC over HTTP/2, "Errors"). */
    static int statusOfReset(ErrorCode code) {
        return switch (code) {
            case REFUSED_STREAM -> GrpcStatus.UNAVAILABLE;
            case CANCEL -> GrpcStatus.CANCELLED;
            case ENHANCE_YOUR_CALM -> GrpcStatus.RESOURCE_EXHAUSTED;
            case INADEQUATE_SECURITY -> GrpcStatus.PERMISSION_DENIED;
            default -> GrpcStatus.INTERNAL;
        };
    }

    /** gRPC's own percent-encoding: all but printable ASCII, and the percent sign. */
    static String percentEncoded(String text) {
        StringBuilder encoded = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(UTF_8)) {
            if (b >= ' ' && b <= '~' && b != '%') {
                encoded.append((char) b);
            } else {
                encoded.append('%').append(HEX[(b >> 4) & 0xf]).append(HEX[b & 0xf]);
            }
        }
        return encoded.toString();
    }
}
