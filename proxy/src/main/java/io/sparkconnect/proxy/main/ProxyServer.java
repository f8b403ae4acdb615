/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.util.Objects.requireNonNull;

import com.codahale.metrics.MetricRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.LimitCounters;
import io.sparkconnect.proxy.listen.Engine;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.metrics.AccessLog;
import io.sparkconnect.proxy.metrics.ProxyMetrics;
import io.sparkconnect.proxy.relay.FrameEngine;
import io.sparkconnect.proxy.route.SessionRouter;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.SessionTable;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperServerDirectory;
import io.sparkconnect.registry.zookeeper.ZooKeeperSessionTable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running proxy: everything put together. Started and stopped by one thread. */
final class ProxyServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProxyServer.class);

    private static final int LOOKUP_THREADS = 4;
    private static final int LOOKUPS_WAITING = 1000;
    private static final Duration REGISTRY_PATIENCE = Duration.ofSeconds(10);

    private final Configuration configuration;
    private final RunningParts parts = new RunningParts();
    private final MetricRegistry metricRegistry = new MetricRegistry();
    private final ProxyMetrics metrics;
    private final Succession succession;
    private @Nullable Ports ports;
    private @Nullable View view;
    private boolean drained;

    private ProxyServer(Configuration configuration, Succession succession) {
        this.configuration = configuration;
        this.succession = succession;
        boolean accessLog = configuration.settings().get(ProxySettings.ACCESS_LOG);
        this.metrics = new ProxyMetrics(metricRegistry, accessLog ? new AccessLog() : report -> {});
    }

    /**
     * Starts all or nothing. ZooKeeper need not answer yet: readiness tells. A proxy that takes over waits for it, so that
     * the one before serves until this one can.
     *
     * @throws Ports.AddressInUseException when an address cannot be bound or taken over
     * @throws NotReadyException when it was not ready to take over in time; the other proxy goes on
     */
    static ProxyServer start(Configuration configuration, Succession succession)
            throws Ports.AddressInUseException, NotReadyException, InterruptedException {
        ProxyServer server = new ProxyServer(configuration, succession);
        try {
            server.open();
            return server;
        } catch (Ports.AddressInUseException | NotReadyException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    static ProxyServer start(Configuration configuration)
            throws Ports.AddressInUseException, NotReadyException, InterruptedException {
        return start(configuration, Succession.NONE);
    }

    /** Another proxy was not replaced, because this one could not serve. */
    static final class NotReadyException extends Exception {
        private NotReadyException(Duration waited) {
            super("the registry was not read within " + waited.toMillis() + " ms ("
                    + ProxySettings.HANDOVER_TIMEOUT.name() + "): the running proxy was not replaced");
        }
    }

    List<InetSocketAddress> addresses() {
        return requireNonNull(ports).addresses();
    }

    @Nullable
    InetSocketAddress adminAddress() {
        return requireNonNull(ports).adminAddress();
    }

    private void open() throws Ports.AddressInUseException, NotReadyException, InterruptedException {
        EventLoopGroup loops = newLoops(configuration.threads(), "relay");
        // The operator's port must answer while the relay is busy, and its pages must not disturb the relay.
        EventLoopGroup aside = newLoops(1, "accept-admin");
        Ports all = parts.add(Ports.of(configuration, succession, aside));
        ports = all;
        EngineToCome engines = new EngineToCome(loops);
        Registry registry = openRegistry();
        SessionRouter router = parts.add(SessionRouter.start(
                configuration.routerSettings(),
                registry.directory(),
                registry.table(),
                engines.locator(),
                engines.ender()));
        Engine engine = parts.add(newEngine(router));
        engines.isHere(engine);
        if (registry.directory() instanceof FixedServers listed && versionsMatter()) {
            parts.add(SparkVersions.learn(listed, engines.ender(), aside.next()));
        }
        View shown = new View(router, registry.directory(), metricRegistry, metrics);
        view = shown;
        Duration patience = configuration.settings().get(ProxySettings.HANDOVER_TIMEOUT);
        if (all.isTakingOver() && !shown.awaitRegistry(patience)) {
            throw new NotReadyException(patience);
        }
        all.open(shown, engine, loops, metrics);
        if (registry.zooKeeper() != null) {
            String proxyId = UUID.randomUUID().toString();
            long startedAtMs = System.currentTimeMillis();
            parts.add(new RegistryEntry(
                    registry.zooKeeper(), registry.paths(), () -> record(proxyId, startedAtMs, router)));
        }
    }

    private Engine newEngine(SessionRouter router) {
        LimitCounters limits = new LimitCounters();
        for (Limit limit : Limit.values()) {
            String label = limit.name().toLowerCase(Locale.ROOT);
            metrics.gauge("limit_hits_total{limit=\"" + label + "\"}", () -> limits.hits(limit));
        }
        int mostStreams = configuration.settings().get(ProxySettings.STREAMS_MAX);
        FrameEngine engine = new FrameEngine(
                new StreamQuota(router, mostStreams, metrics::openStreams, System::nanoTime),
                configuration.engineLimits(),
                configuration.poolLimits(),
                configuration.transport(),
                new HostResolver(newLookups()),
                metrics,
                limits,
                System::nanoTime,
                new Random());
        metrics.gauge("buffered_bytes", engine::bufferedBytes);
        return engine;
    }

    /** Where no server may get more sessions than one of Spark 3, its version changes nothing. */
    private boolean versionsMatter() {
        Settings settings = configuration.settings();
        return settings.get(ProxySettings.SERVERS_SESSIONS) > settings.get(ProxySettings.SPARK3_SESSIONS);
    }

    /** Where servers and bindings are known; no ZooKeeper for servers listed by hand. */
    private record Registry(
            @Nullable ZooKeeperConnection zooKeeper,
            RegistryPaths paths,
            ServerDirectory directory,
            SessionTable table) {}

    private Registry openRegistry() {
        Settings settings = configuration.settings();
        RegistryPaths paths = RegistryPaths.of(
                settings.get(ServiceSettings.ZOOKEEPER_ROOT), settings.get(ServiceSettings.SERVICE_NAME));
        if (!configuration.servers().isEmpty()) {
            int sessions = settings.get(ProxySettings.SERVERS_SESSIONS);
            log.info("servers={} as listed; bindings are kept in memory only", configuration.servers());
            FixedServers servers = new FixedServers(configuration.servers(), sessions, System.currentTimeMillis());
            return new Registry(null, paths, servers, parts.add(new SessionsInMemory()));
        }
        ZooKeeperConnection zooKeeper = parts.add(ZooKeeperConnection.open(settings));
        log.info("registry={}{}", zooKeeper.quorum(), paths.root());
        return new Registry(
                zooKeeper,
                paths,
                parts.add(new ZooKeeperServerDirectory(zooKeeper, paths)),
                parts.add(new ZooKeeperSessionTable(zooKeeper, paths, REGISTRY_PATIENCE)));
    }

    private EventLoopGroup newLoops(int threads, String name) {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                threads,
                new DefaultThreadFactory(name, true),
                configuration.transport().newIoHandlerFactory());
        parts.add(() -> loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).await());
        return loops;
    }

    private ThreadPoolExecutor newLookups() {
        ThreadPoolExecutor lookups = new ThreadPoolExecutor(
                LOOKUP_THREADS,
                LOOKUP_THREADS,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(LOOKUPS_WAITING),
                new DefaultThreadFactory("lookup", true));
        lookups.allowCoreThreadTimeOut(true);
        parts.add(lookups::shutdownNow);
        return lookups;
    }

    private ProxyRecord record(String proxyId, long startedAtMs, SessionRouter router) {
        InetSocketAddress admin = adminAddress();
        return new ProxyRecord(
                proxyId,
                configuration
                        .settings()
                        .get(ProxySettings.ADVERTISED_ADDRESS)
                        .orElseGet(() -> hostName() + ":" + addresses().get(0).getPort()),
                admin == null ? "" : new HostPort(configuration.admin().host(), admin.getPort()).toString(),
                (int) metrics.clientConnections(),
                router.sessionCount(),
                (int) metrics.heldStreams(),
                startedAtMs,
                router.heldSessions(),
                router.sessionsByServer());
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getCanonicalHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** Turns readiness off, lets streams end within the drain deadline, then closes everything. */
    @Override
    public void close() {
        if (view != null) {
            view.draining();
        }
        if (ports != null && !drained) {
            drained = true;
            Duration deadline = configuration.settings().get(ProxySettings.DRAIN_TIMEOUT);
            try {
                boolean allEnded = ports.drain(deadline);
                log.info("drained: {}", allEnded ? "every stream ended by itself" : "the rest was cut off");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        parts.close();
    }
}
