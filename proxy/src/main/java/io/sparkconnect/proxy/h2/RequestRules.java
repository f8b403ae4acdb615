/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;

/** What the pseudo fields of a list must be (RFC 9113 section 8.3), beyond what {@link HeaderDecoder} checks. */
public final class RequestRules {
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");

    private RequestRules() {}

    /** A request has exactly a method, a scheme and a path, and no status. */
    public static void checkRequest(Http2Headers fields) throws StreamErrorException {
        if (fields.method() == null || fields.scheme() == null || fields.path() == null) {
            throw malformed("request without :method, :scheme or :path");
        }
        if (fields.status() != null) {
            throw malformed("request with :status");
        }
    }

    /** A response has a status of three digits and nothing of a request. Returns it. */
    public static int checkResponse(Http2Headers fields) throws StreamErrorException {
        CharSequence status = fields.status();
        if (status == null || status.length() != 3) {
            throw malformed("response with :status " + status);
        }
        if (fields.method() != null || fields.path() != null || fields.scheme() != null || fields.authority() != null) {
            throw malformed("response with a request's pseudo fields");
        }
        int value = 0;
        for (int i = 0; i < 3; i++) {
            int digit = status.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw malformed("response with :status " + status);
            }
            value = 10 * value + digit;
        }
        return value;
    }

    /** Trailers have no pseudo fields. */
    public static void checkTrailers(Http2Headers fields) throws StreamErrorException {
        for (Map.Entry<CharSequence, CharSequence> field : fields) {
            // Pseudo fields come first, which the decoder has checked.
            if (Http2Headers.PseudoHeaderName.hasPseudoHeaderFormat(field.getKey())) {
                throw malformed("trailers with " + field.getKey());
            }
            return;
        }
    }

    /** The announced length of the body; -1 for none, which is every gRPC call. */
    public static long contentLength(Http2Headers fields) throws StreamErrorException {
        CharSequence text = fields.get(CONTENT_LENGTH);
        if (text == null) {
            return -1;
        }
        try {
            long length = Long.parseLong(text, 0, text.length(), 10);
            if (length >= 0) {
                return length;
            }
        } catch (NumberFormatException e) {
            throw malformed("content-length: " + text);
        }
        throw malformed("content-length: " + text);
    }

    private static StreamErrorException malformed(String message) {
        return new StreamErrorException(ErrorCode.PROTOCOL_ERROR, message);
    }
}
