/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

/**
 * The peer broke a rule that ends the whole connection (RFC 9113 section 5.4.1): GOAWAY with {@link #code}, then close. Has
 * no stack trace: a hostile peer must not be able to make us pay for one. The message goes to the log, never to the peer.
 */
public final class ConnectionErrorException extends Exception {
    private final ErrorCode code;

    public ConnectionErrorException(ErrorCode code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
