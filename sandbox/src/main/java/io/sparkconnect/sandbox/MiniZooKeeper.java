/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** One ZooKeeper server in this process, on a free port of the loopback interface. */
final class MiniZooKeeper implements AutoCloseable {
    private static final int TICK_MS = 1000;
    private static final int MOST_CONNECTIONS = 1000;

    private final ZooKeeperServer server;
    private final NIOServerCnxnFactory connections;

    private MiniZooKeeper(ZooKeeperServer server, NIOServerCnxnFactory connections) {
        this.server = server;
        this.connections = connections;
    }

    static MiniZooKeeper start(Path directory) throws IOException, InterruptedException {
        // The admin server wants Jetty and a port of its own.
        System.setProperty("zookeeper.admin.enableServer", "false");
        ZooKeeperServer server = new ZooKeeperServer(
                directory.resolve("snapshots").toFile(),
                directory.resolve("log").toFile(),
                TICK_MS);
        NIOServerCnxnFactory connections = new NIOServerCnxnFactory();
        connections.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), MOST_CONNECTIONS);
        connections.startup(server);
        return new MiniZooKeeper(server, connections);
    }

    String quorum() {
        return "localhost:" + connections.getLocalPort();
    }

    @Override
    public void close() {
        connections.shutdown();
        server.shutdown(true);
    }
}
