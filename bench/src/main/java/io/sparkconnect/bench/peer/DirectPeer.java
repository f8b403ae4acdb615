/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import io.sparkconnect.bench.load.Target;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** No proxy: the floor under every latency, the ceiling over every rate. */
record DirectPeer() implements Peer {
    @Override
    public String label() {
        return "direct";
    }

    @Override
    public @Nullable String missing() {
        return null;
    }

    @Override
    public String description() {
        return "no proxy; connections are dealt over the servers";
    }

    @Override
    public RunningPeer start(List<InetSocketAddress> servers, Placement placement, Path directory) {
        return new RunningPeer(this, new Target(servers, false), null);
    }
}
