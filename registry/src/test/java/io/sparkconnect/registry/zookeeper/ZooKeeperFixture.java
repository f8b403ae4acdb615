/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import java.time.Duration;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.ZooKeeper;

/**
 * A real ZooKeeper server in this process, for tests of any module (this module's test-jar). The port stays the same over
 * {@link #stop} and {@link #restart}, and so does the data.
 */
public final class ZooKeeperFixture implements AutoCloseable {
    private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(6);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final TestingServer server;

    private ZooKeeperFixture(TestingServer server) {
        this.server = server;
    }

    public static ZooKeeperFixture start() {
        // Short ticks: sessions of a second are allowed, and a restarted server is quick.
        InstanceSpec spec = new InstanceSpec(null, -1, -1, -1, true, -1, 500, 1000);
        try {
            return new ZooKeeperFixture(new TestingServer(spec, true));
        } catch (Exception e) {
            throw new IllegalStateException("no ZooKeeper for the test", e);
        }
    }

    /** {@code host:port} */
    public String quorum() {
        return server.getConnectString();
    }

    /** A new connection, the caller's to close. */
    public ZooKeeperConnection connect() {
        return ZooKeeperConnection.open(quorum(), SESSION_TIMEOUT, CONNECT_TIMEOUT);
    }

    /** The handle of a connection's present session, to look into the server and to do mischief; never keep it. */
    public static ZooKeeper handle(ZooKeeperConnection connection) {
        try {
            return connection.handle();
        } catch (Exception e) {
            throw new IllegalStateException("no session", e);
        }
    }

    /** As ZooKeeper's clients see an ensemble that is down. */
    public void stop() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("ZooKeeper does not stop", e);
        }
    }

    /** Up again after {@link #stop}, or down and up. */
    public void restart() {
        try {
            server.restart();
        } catch (Exception e) {
            throw new IllegalStateException("ZooKeeper does not restart", e);
        }
    }

    /**
     * The connection learns that its session has expired, as after a long pause of this process, and starts another. As
     * with a real expiry the former session's ephemeral nodes may be there for a while.
     */
    public void injectSessionExpiry(ZooKeeperConnection connection) {
        try {
            connection.handle().getTestable().injectSessionExpiration();
        } catch (Exception e) {
            throw new IllegalStateException("no session to expire", e);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (Exception e) {
            throw new IllegalStateException("ZooKeeper does not end", e);
        }
    }
}
