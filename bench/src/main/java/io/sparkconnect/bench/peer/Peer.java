/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that clients can talk to in order to reach the servers. */
public interface Peer {
    String label();

    /** Why this peer cannot take part here, and how to get it; null when it can. */
    @Nullable
    String missing();

    /** Version and configuration, in a line. */
    String description();

    /** Whether it keeps a table of sessions in its memory, session by session. */
    default boolean remembersSessions() {
        return false;
    }

    /** Starts it on an ephemeral port of 127.0.0.1; files go to the directory. Returns when it listens. */
    RunningPeer start(List<InetSocketAddress> servers, Placement placement, Path directory) throws IOException;
}
