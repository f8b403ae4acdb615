/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.buffer.ByteBuf;

/** Compares what has come so far with what is expected. Stateless. */
final class Beginning {
    private Beginning() {}

    /** Whether the readable bytes are the expected ones, or the first of them. */
    static boolean mayBecome(ByteBuf in, byte[] expected) {
        int known = Math.min(in.readableBytes(), expected.length);
        for (int i = 0; i < known; i++) {
            if (in.getByte(in.readerIndex() + i) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
