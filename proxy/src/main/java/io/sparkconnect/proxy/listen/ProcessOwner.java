/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.epoll.EpollDomainSocketChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which user is at the other end of a Unix socket. Linux only, as epoll is. */
final class ProcessOwner {
    private static final int ROOT = 0;

    private ProcessOwner() {}

    /** Whether the other process runs as this process's user, or as root. */
    static boolean isTrusted(EpollDomainSocketChannel channel) throws IOException {
        int other = channel.peerCredentials().uid();
        return other == ROOT
                || Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(other);
    }
}
