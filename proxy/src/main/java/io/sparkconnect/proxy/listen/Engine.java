/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.sparkconnect.proxy.route.SessionEnder;
import io.sparkconnect.proxy.route.SessionLocator;

/** Carries streams between clients and servers. Thread-safe. */
public interface Engine extends AutoCloseable {
    /** A handler for one accepted connection of this loop, which will first read the HTTP/2 preface. */
    ClientConnection newConnection(EventLoop loop);

    /** Whether new connections may be read now; false while too much waits in memory for somebody to take it. */
    boolean hasRoom();

    /** Calls servers from one of these loops, over the connections that its streams use. */
    SessionLocator locator(EventLoopGroup loops);

    /** Ends sessions on every loop; calls servers from one of these. */
    SessionEnder ender(EventLoopGroup loops);

    /** Lets go of the connections to servers as their streams end. Returns at once. */
    @Override
    void close();
}
