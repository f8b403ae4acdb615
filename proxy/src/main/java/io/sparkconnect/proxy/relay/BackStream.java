/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/** Who began a stream at a server, and is told what comes of it. Called on the connection's loop. */
interface BackStream {
    void onResponseHeaders(Http2Headers headers, boolean endOfStream);

    /** Borrows the buffer. Returns how many of its bytes are dealt with already; the others are credited later. */
    int onResponseData(ByteBuf data, boolean endOfStream);

    void onServerReset(long errorCode);

    /** The server's stream is closed, for whatever reason. */
    void onBackClosed(BackConnection back);
}
