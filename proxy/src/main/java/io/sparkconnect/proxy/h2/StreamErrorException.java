/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

/**
 * The peer broke a rule that ends one stream (RFC 9113 section 5.4.2): RST_STREAM with {@link #code}. Without stack trace,
 * as {@link ConnectionErrorException}.
 */
public final class StreamErrorException extends Exception {
    private final ErrorCode code;

    public StreamErrorException(ErrorCode code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
