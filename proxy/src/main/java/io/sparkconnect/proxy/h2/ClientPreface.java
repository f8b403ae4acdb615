/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/** The 24 bytes with which a client begins (RFC 9113 section 3.4), and how far they have come. */
public final class ClientPreface {
    private static final byte[] BYTES = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

    private int matched;

    /** Whether all of it has come. */
    public boolean isComplete() {
        return matched == BYTES.length;
    }

    /** Takes what belongs to the preface. Returns false at the first byte that does not. */
    public boolean match(ByteBuf in) {
        while (matched < BYTES.length && in.isReadable()) {
            if (in.readByte() != BYTES[matched]) {
                return false;
            }
            matched++;
        }
        return true;
    }

    public static void write(ByteBuf out) {
        out.writeBytes(BYTES);
    }
}
