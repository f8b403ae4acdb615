/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

/** What a peer can run into. The name is the label of the counter metric. */
public enum Limit {
    /** Streams that run at once beyond what our SETTINGS allow: REFUSED_STREAM. */
    CONCURRENT_STREAMS,
    /** RST_STREAM frames received within a window: rapid reset, CVE-2023-44487. */
    RESETS_RECEIVED,
    /** RST_STREAM frames that the peer's errors made us send within a window: MadeYouReset, CVE-2025-8671. */
    RESETS_SENT,
    /** Frames without flow control that wait because the peer does not read. */
    CONTROL_FRAMES_QUEUED,
    /** Their bytes: header blocks may be large. */
    CONTROL_BYTES_QUEUED,
    /** PING frames within a window. */
    PINGS,
    /** SETTINGS frames within a window. */
    SETTINGS,
    /** PRIORITY and unknown frames within a window. */
    IGNORED_FRAMES,
    /** WINDOW_UPDATE frames within a window that no DATA of ours was the cause of. */
    WINDOW_UPDATES,
    /** WINDOW_UPDATE frames of 0 within a window. */
    ZERO_WINDOW_UPDATES,
    /** GOAWAY frames within a window. */
    GO_AWAYS,
    /** 1xx header blocks before one response: they have no flow control. */
    INFORMATIONAL_RESPONSES,
    /** DATA frames one after another that carry nothing. */
    EMPTY_DATA,
    /** CONTINUATION frames of one header block: CVE-2024-27316 and kin. */
    CONTINUATIONS,
    /** Bytes of one header block, compressed. */
    HEADER_BLOCK_BYTES,
    /** Bytes of one header list, as RFC 9113 section 6.5.2 counts them. */
    HEADER_LIST_BYTES,
    /** Payload of one frame. */
    FRAME_SIZE,
    /** A flow-control window above 2^31-1, or data beyond the window that we gave. */
    FLOW_CONTROL,
    /** From accept to the client's preface and SETTINGS. */
    PREFACE_TIME,
    /** From the client's SETTINGS to its first request. */
    FIRST_REQUEST_TIME,
    /** Without a request, on a connection that has had some. */
    IDLE_TIME,
    /** From a frame's or header block's first byte to its last. */
    FRAME_TIME,
    /** From HEADERS to a request head that can be routed. */
    HEAD_TIME,
    /** Bytes of a request that cannot be routed yet. */
    HEAD_BYTES,
    /** Bytes of messages that all streams keep: new streams are told to come back later. */
    BUFFERED_BYTES,
    /** Bytes of one stream that nobody reads, while all streams keep what they may: it is ended. */
    UNREAD_BYTES
}
