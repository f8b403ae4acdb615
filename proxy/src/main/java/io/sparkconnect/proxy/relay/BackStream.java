/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.StreamErrorException;

/** Who began a stream at a server, and is told what comes of it. Called on the connection's loop. */
interface BackStream {
    /** What is sent to the server. */
    Flow requestFlow();

    void onResponseHeaders(HeaderList list, boolean end) throws StreamErrorException;

    /** Borrows the buffer. */
    void onResponseData(ByteBuf in, int at, int length, int flowControlled, boolean end) throws StreamErrorException;

    /** The server reset the stream; the connection has forgotten it. */
    void onServerReset(ErrorCode code);

    /** The server's GOAWAY says that it has not looked at this stream; the connection has forgotten it. */
    void onServerRefused();

    /** The connection is gone. */
    void onServerLost(String cause);

    /** The server broke the rules on this stream, which the connection still knows: it has to be reset. */
    void onServerBroke(ErrorCode code);
}
