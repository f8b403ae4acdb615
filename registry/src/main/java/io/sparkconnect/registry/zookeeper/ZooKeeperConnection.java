/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ConnectStringParser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a ZooKeeper ensemble, shared by all registry parts of a process. It is kept up for ever: after an
 * outage it comes back by itself, with a new session when the old one has expired. Opening does not wait. Thread-safe.
 */
public final class ZooKeeperConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperConnection.class);

    private final String quorum;
    private final Duration connectTimeout;
    private final CuratorFramework client;
    private final List<Consumer<Boolean>> listeners = new CopyOnWriteArrayList<>();

    private ZooKeeperConnection(String quorum, Duration connectTimeout, CuratorFramework client) {
        this.quorum = quorum;
        this.connectTimeout = connectTimeout;
        this.client = client;
    }

    /** Opens what {@code sparkconnect.zookeeper.*} says. */
    public static ZooKeeperConnection open(Settings settings) {
        return open(
                settings.get(ServiceSettings.ZOOKEEPER_QUORUM),
                settings.get(ServiceSettings.ZOOKEEPER_SESSION_TIMEOUT),
                settings.get(ServiceSettings.ZOOKEEPER_CONNECT_TIMEOUT));
    }

    /**
     * @param quorum {@code host:port,host:port}
     * @param sessionTimeout asked for; the ensemble bounds it
     * @param connectTimeout how long a blocking call waits for a connection, and again for its answer
     * @throws IllegalArgumentException when the quorum is not such a list
     */
    public static ZooKeeperConnection open(String quorum, Duration sessionTimeout, Duration connectTimeout) {
        checkQuorum(quorum);
        CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString(quorum)
                .sessionTimeoutMs((int) sessionTimeout.toMillis())
                .connectionTimeoutMs((int) connectTimeout.toMillis())
                // Only Curator's own housekeeping is retried by it: our calls are bounded by whoever makes them.
                .retryPolicy(new RetryForever(1000))
                // Would replace the quorum by addresses that the ensemble has for itself, which need not work from
                // here.
                .ensembleTracker(false)
                .zkClientConfig(new PlainClientConfig())
                .build();
        ZooKeeperConnection connection = new ZooKeeperConnection(quorum, connectTimeout, client);
        client.getConnectionStateListenable().addListener((same, state) -> connection.changed(state));
        client.start();
        return connection;
    }

    public boolean isConnected() {
        return client.getZookeeperClient().isConnected();
    }

    /** Yields whether there is a connection; waits for one until then. */
    public boolean awaitConnected(Duration most) throws InterruptedException {
        if (isConnected()) {
            return true;
        }
        int ms = (int) Math.max(1, Math.min(most.toMillis(), Integer.MAX_VALUE));
        return client.blockUntilConnected(ms, TimeUnit.MILLISECONDS);
    }

    public Duration connectTimeout() {
        return connectTimeout;
    }

    /** The quorum as given, for texts. */
    public String quorum() {
        return quorum;
    }

    @Override
    public void close() {
        client.close();
    }

    /** Called on Curator's thread with true after each (re)connect and false after each loss; must not block. */
    void addListener(Consumer<Boolean> listener) {
        listeners.add(listener);
    }

    void removeListener(Consumer<Boolean> listener) {
        listeners.remove(listener);
    }

    /** The handle of the present session; never keep it. */
    ZooKeeper handle() throws Exception {
        return client.getZookeeperClient().getZooKeeper();
    }

    private void changed(ConnectionState state) {
        switch (state) {
            case CONNECTED -> LOG.info("zookeeper={} connected", quorum);
            case RECONNECTED -> LOG.info("zookeeper={} connected again: everything is read anew", quorum);
            case SUSPENDED ->
                LOG.warn("zookeeper={} connection lost: the last known state stays in use until it is back", quorum);
            case LOST ->
                LOG.warn("zookeeper={} session ended: ephemeral nodes go and are made again when it is back", quorum);
            case READ_ONLY -> LOG.warn("zookeeper={} answers reads only: it has no quorum", quorum);
        }
        boolean connected = state == ConnectionState.CONNECTED || state == ConnectionState.RECONNECTED;
        listeners.forEach(listener -> listener.accept(connected));
    }

    private static void checkQuorum(String quorum) {
        try {
            if (!new ConnectStringParser(quorum).getServerAddresses().isEmpty()) {
                return;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "ZooKeeper quorum: " + quorum + " (expected: host:port,host:port; " + e.getMessage() + ")", e);
        }
        throw new IllegalArgumentException("ZooKeeper quorum: " + quorum + " (expected: host:port,host:port)");
    }
}
