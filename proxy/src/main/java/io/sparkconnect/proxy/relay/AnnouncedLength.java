/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.StreamErrorException;

/** What a request's {@code content-length} promised, against what comes (RFC 9113 section 8.1.1). Confined to the loop. */
final class AnnouncedLength {
    private final long announced;
    private long left;

    /** @param announced bytes; -1 when nothing was announced */
    AnnouncedLength(long announced) {
        this.announced = announced;
        this.left = announced;
    }

    /** So many bytes have come, and at the end that was all. */
    void take(int bytes, boolean end) throws StreamErrorException {
        if (announced < 0) {
            return;
        }
        left -= bytes;
        if (left < 0 || (end && left > 0)) {
            throw new StreamErrorException(
                    ErrorCode.PROTOCOL_ERROR, "body is not as long as its content-length: " + announced);
        }
    }
}
