/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.ChannelHandler;

/** A client's connection, as the last handler of its pipeline. The methods are called on its loop. */
public interface ClientConnection extends ChannelHandler {
    /** Takes no new streams, lets the open ones end, then closes. Idempotent. */
    void drain();

    /** Answers what is still open with UNAVAILABLE and closes. */
    void cutOff();
}
