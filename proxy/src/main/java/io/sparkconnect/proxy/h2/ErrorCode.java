/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

/** RFC 9113 section 7. */
public enum ErrorCode {
    NO_ERROR(0x0),
    PROTOCOL_ERROR(0x1),
    INTERNAL_ERROR(0x2),
    FLOW_CONTROL_ERROR(0x3),
    SETTINGS_TIMEOUT(0x4),
    STREAM_CLOSED(0x5),
    FRAME_SIZE_ERROR(0x6),
    REFUSED_STREAM(0x7),
    CANCEL(0x8),
    COMPRESSION_ERROR(0x9),
    CONNECT_ERROR(0xa),
    ENHANCE_YOUR_CALM(0xb),
    INADEQUATE_SECURITY(0xc),
    HTTP_1_1_REQUIRED(0xd);

    private static final ErrorCode[] BY_VALUE = values();

    private final int value;

    ErrorCode(int value) {
        this.value = value;
    }

    /** The 32 bits on the wire. */
    public int value() {
        return value;
    }

    /** An unknown code has no special meaning and may be treated as INTERNAL_ERROR (section 7). */
    public static ErrorCode of(long wire) {
        return wire >= 0 && wire < BY_VALUE.length ? BY_VALUE[(int) wire] : INTERNAL_ERROR;
    }
}
