/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import com.codahale.metrics.MetricRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.sparkconnect.proxy.admin.AdminServer;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.LimitCounters;
import io.sparkconnect.proxy.listen.ClientListener;
import io.sparkconnect.proxy.listen.Engine;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.metrics.AccessLog;
import io.sparkconnect.proxy.metrics.ProxyMetrics;
import io.sparkconnect.proxy.relay.FrameEngine;
import io.sparkconnect.proxy.route.SessionLocator;
import io.sparkconnect.proxy.route.SessionRouter;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.SessionTable;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperServerDirectory;
import io.sparkconnect.registry.zookeeper.ZooKeeperSessionTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
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
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private @Nullable InetSocketAddress adminAddress;
    private @Nullable ClientListener listener;
    private @Nullable View view;

    private ProxyServer(Configuration configuration) {
        this.configuration = configuration;
        boolean accessLog = configuration.settings().get(ProxySettings.ACCESS_LOG);
        this.metrics = new ProxyMetrics(metricRegistry, accessLog ? new AccessLog() : report -> {});
    }

    /**
     * Starts all or nothing. ZooKeeper need not answer yet: readiness tells.
     *
     * @throws AddressInUseException when an address cannot be bound
     */
    static ProxyServer start(Configuration configuration) throws AddressInUseException, InterruptedException {
        ProxyServer server = new ProxyServer(configuration);
        try {
            server.open();
            return server;
        } catch (AddressInUseException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** An address that cannot be bound; the text names it, the setting and the cause. */
    static final class AddressInUseException extends Exception {
        private AddressInUseException(Setting<?> setting, IOException cause) {
            super("cannot listen on " + cause.getMessage() + " (" + setting.name() + ")", cause);
        }
    }

    List<InetSocketAddress> addresses() {
        return addresses;
    }

    @Nullable
    InetSocketAddress adminAddress() {
        return adminAddress;
    }

    private void open() throws AddressInUseException, InterruptedException {
        EventLoopGroup loops = newLoops(configuration.threads(), "relay");
        // The operator's port must answer while the relay is busy, and its pages must not disturb the relay.
        EventLoopGroup aside = newLoops(1, "accept-admin");
        CompletableFuture<SessionLocator> locator = new CompletableFuture<>();
        Registry registry = openRegistry();
        SessionRouter router = parts.add(SessionRouter.start(
                configuration.routerSettings(),
                registry.directory(),
                registry.table(),
                (backend, request) -> locator.thenCompose(ready -> ready.ask(backend, request))));
        Engine engine = parts.add(newEngine(router));
        locator.complete(engine.locator(loops));
        View shown = new View(router, registry.directory(), metricRegistry, metrics);
        view = shown;
        listenAdmin(shown, aside);
        listenForClients(engine, aside, loops);
        shown.listening();
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
        FrameEngine engine = new FrameEngine(
                router,
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
            return new Registry(
                    null,
                    paths,
                    new FixedServers(configuration.servers(), sessions, System.currentTimeMillis()),
                    parts.add(new SessionsInMemory()));
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

    private void listenAdmin(View shown, EventLoopGroup loops) throws AddressInUseException, InterruptedException {
        try {
            AdminServer admin = parts.add(
                    AdminServer.start(socketAddress(configuration.admin()), shown, configuration.transport(), loops));
            adminAddress = admin.address();
            log.info(
                    "admin=http://{}:{}",
                    configuration.admin().host(),
                    admin.address().getPort());
        } catch (IOException e) {
            throw new AddressInUseException(ProxySettings.ADMIN_LISTEN, e);
        }
    }

    private void listenForClients(Engine engine, EventLoopGroup acceptors, EventLoopGroup loops)
            throws AddressInUseException, InterruptedException {
        ClientListener clients = new ClientListener(
                configuration.transport(),
                acceptors,
                loops,
                engine,
                configuration.settings().get(ProxySettings.PREFACE_TIMEOUT),
                configuration.settings().get(ProxySettings.CONNECTIONS_MAX),
                metrics,
                System::nanoTime);
        listener = clients;
        for (HostPort address : configuration.listen()) {
            try {
                InetSocketAddress bound = clients.listen(socketAddress(address));
                addresses.add(bound);
                log.info(
                        "listening=sc://{}:{} transport={} threads={}",
                        address.host(),
                        bound.getPort(),
                        configuration.transport(),
                        configuration.threads());
            } catch (IOException e) {
                throw new AddressInUseException(ProxySettings.LISTEN, e);
            }
        }
    }

    private ProxyRecord record(String proxyId, long startedAtMs, SessionRouter router) {
        InetSocketAddress admin = adminAddress;
        return new ProxyRecord(
                proxyId,
                configuration
                        .settings()
                        .get(ProxySettings.ADVERTISED_ADDRESS)
                        .orElseGet(() -> hostName() + ":" + addresses.get(0).getPort()),
                admin == null ? "" : configuration.admin().host() + ":" + admin.getPort(),
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

    private static InetSocketAddress socketAddress(HostPort address) {
        return new InetSocketAddress(address.host(), address.port());
    }

    /** Turns readiness off, lets streams end within the drain deadline, then closes everything. */
    @Override
    public void close() {
        if (view != null) {
            view.draining();
        }
        if (listener != null) {
            Duration deadline = configuration.settings().get(ProxySettings.DRAIN_TIMEOUT);
            try {
                boolean allEnded = listener.drain(deadline);
                log.info("drained: {}", allEnded ? "every stream ended by itself" : "the rest was cut off");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            listener = null;
        }
        parts.close();
    }
}
