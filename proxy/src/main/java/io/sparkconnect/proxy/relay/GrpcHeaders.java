/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.sparkconnect.proxy.route.StatusAnswer;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The header blocks of gRPC over HTTP/2 as far as a proxy writes or reads them. Stateless. */
final class GrpcHeaders {
    static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
    static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");
    static final AsciiString GRPC_DETAILS = AsciiString.cached("grpc-status-details-bin");
    static final AsciiString GRPC_TIMEOUT = AsciiString.cached("grpc-timeout");

    private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    private static final AsciiString APPLICATION_GRPC = AsciiString.cached("application/grpc");
    private static final AsciiString STATUS_200 = AsciiString.cached("200");
    private static final int CANCELLED = 1;
    private static final int UNKNOWN = 2;
    private static final int PERMISSION_DENIED = 7;
    private static final int RESOURCE_EXHAUSTED = 8;
    private static final int INTERNAL = 13;
    private static final int UNAVAILABLE = 14;
    private static final int ENTRY_OVERHEAD = 32;
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private GrpcHeaders() {}

    static Http2Headers responseHead() {
        return new DefaultHttp2Headers(false).status(STATUS_200).set(CONTENT_TYPE, APPLICATION_GRPC);
    }

    /** Status fields after a head, or after {@link #responseHead} in the same block when nothing went out before. */
    static Http2Headers addStatus(Http2Headers headers, StatusAnswer answer) {
        headers.set(GRPC_STATUS, Integer.toString(answer.code()));
        if (!answer.message().isEmpty()) {
            headers.set(GRPC_MESSAGE, percentEncoded(answer.message()));
        }
        if (answer.details().length > 0) {
            headers.set(GRPC_DETAILS, Base64.getEncoder().withoutPadding().encodeToString(answer.details()));
        }
        return headers;
    }

    static Http2Headers trailers() {
        return new DefaultHttp2Headers(false);
    }

    static boolean isGrpc(Http2Headers headers) {
        CharSequence type = headers.get(CONTENT_TYPE);
        return type != null && AsciiString.of(type).startsWith(APPLICATION_GRPC);
    }

    /** 2 (UNKNOWN) when a server ends a stream without a legible status, as its client would see it. */
    static int statusOf(Http2Headers trailers) {
        CharSequence text = trailers.get(GRPC_STATUS);
        try {
            return text == null ? UNKNOWN : Integer.parseInt(text.toString());
        } catch (NumberFormatException e) {
            return UNKNOWN;
        }
    }

    /** The status that gRPC clients make of an RST_STREAM (gRPC over HTTP/2, "Errors"). */
    static int statusOfReset(long errorCode) {
        Http2Error error = Http2Error.valueOf(errorCode);
        return switch (error == null ? Http2Error.INTERNAL_ERROR : error) {
            case REFUSED_STREAM -> UNAVAILABLE;
            case CANCEL -> CANCELLED;
            case ENHANCE_YOUR_CALM -> RESOURCE_EXHAUSTED;
            case INADEQUATE_SECURITY -> PERMISSION_DENIED;
            default -> INTERNAL;
        };
    }

    static boolean isInformational(Http2Headers headers) {
        CharSequence status = headers.status();
        return status != null && status.length() == 3 && status.charAt(0) == '1';
    }

    /**
     * Makes trailers fit what the client accepts: grpc clients give up the stream otherwise, and some the connection. The
     * details go first, the status never.
     *
     * @param limitBytes the client's SETTINGS_MAX_HEADER_LIST_SIZE; null when it named none
     */
    static Http2Headers fitting(Http2Headers trailers, @Nullable Long limitBytes) {
        if (limitBytes == null || listSize(trailers) <= limitBytes) {
            return trailers;
        }
        trailers.remove(GRPC_DETAILS);
        if (listSize(trailers) <= limitBytes) {
            return trailers;
        }
        Http2Headers bare = trailers();
        if (trailers.status() != null) {
            bare = responseHead().status(trailers.status());
        }
        CharSequence status = trailers.get(GRPC_STATUS);
        bare.set(GRPC_STATUS, status == null ? Integer.toString(UNKNOWN) : status);
        return bare.set(GRPC_MESSAGE, "The server's status text is longer than this client accepts.");
    }

    private static long listSize(Http2Headers headers) {
        long size = 0;
        for (Map.Entry<CharSequence, CharSequence> header : headers) {
            size += header.getKey().length() + header.getValue().length() + ENTRY_OVERHEAD;
        }
        return size;
    }

    /** Undoes {@link #percentEncoded}; what is not well encoded stays as it is. */
    static String percentDecoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
            if (low < 0) {
                bytes.write(c);
            } else {
                bytes.write(high << 4 | low);
                i += 2;
            }
        }
        return bytes.toString(UTF_8);
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
