/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.am.agents.Agents;
import io.sparkconnect.am.core.Core;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Identity;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.core.Policy;
import io.sparkconnect.am.core.Recovered;
import io.sparkconnect.am.core.Spreading;
import io.sparkconnect.am.launch.PassedTokens;
import io.sparkconnect.am.launch.ServerLauncher;
import io.sparkconnect.am.launch.ServerSecrets;
import io.sparkconnect.am.page.AmHttpServer;
import io.sparkconnect.am.page.Joins;
import io.sparkconnect.am.publish.Ownership;
import io.sparkconnect.am.publish.RegistryWriter;
import io.sparkconnect.am.yarn.ClusterClient;
import io.sparkconnect.am.yarn.ConstraintSupport;
import io.sparkconnect.am.yarn.ContainerLogs;
import io.sparkconnect.am.yarn.NodeManagers;
import io.sparkconnect.am.yarn.ResourceManagerLink;
import io.sparkconnect.am.yarn.ResourceManagerPages;
import io.sparkconnect.am.yarn.SpreadChoice;
import io.sparkconnect.am.yarn.YarnConfigurations;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.zookeeper.ZooKeeperApplicationMasterRegistry;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterResponse;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process that YARN starts for a service. SIGTERM ends it like a crash does, without unregistering: only the
 * operator's wish, written in the spec, ends the service.
 */
public final class ApplicationMaster {
    private static final Logger LOG = LoggerFactory.getLogger(ApplicationMaster.class);
    private static final Duration JOIN_PATIENCE = Duration.ofSeconds(5);
    private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(10);
    private static final Duration SPEC_USABLE_WITHIN = Duration.ofSeconds(60);

    private final AttemptEnvironment environment;
    private final YarnConfiguration conf;
    private final UserGroupInformation self;
    private final ServerSecrets secrets;
    private final MetricRegistry metrics = new MetricRegistry();
    private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
    private final Consumer<Event> events = new EventCounts(metrics, queue::add);
    private final AtomicReference<@Nullable CoreLoop> loop = new AtomicReference<>();

    private ApplicationMaster(AttemptEnvironment environment, YarnConfiguration conf, UserGroupInformation self) {
        this.environment = environment;
        this.conf = conf;
        this.self = self;
        this.secrets = new ServerSecrets(masterSecret(self));
    }

    public static void main(String[] args) {
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> ProcessEnd.broken("thread " + thread.getName() + " failed", failure));
        try {
            AttemptEnvironment environment = AttemptEnvironment.from(System.getenv());
            YarnConfiguration conf = YarnConfigurations.patient(new YarnConfiguration());
            UserGroupInformation.setConfiguration(conf);
            new ApplicationMaster(environment, conf, UserGroupInformation.getCurrentUser()).run();
        } catch (IllegalArgumentException e) {
            ProcessEnd.badEnvironment(String.valueOf(e.getMessage()));
        } catch (FencedOutException e) {
            ProcessEnd.broken("another attempt owns the service: " + e.getMessage());
        } catch (Exception e) {
            ProcessEnd.broken("it could not start", e);
        }
    }

    private static byte[] masterSecret(UserGroupInformation self) {
        byte[] secret = self.getCredentials().getSecretKey(new Text(LaunchContract.MASTER_SECRET_ALIAS));
        if (secret == null) {
            throw new IllegalArgumentException("the credentials hold no " + LaunchContract.MASTER_SECRET_ALIAS
                    + " (expected: put there by the launcher)");
        }
        return secret;
    }

    /** Never returns but by the process's end. */
    private void run() throws Exception {
        String applicationId = environment.attempt().getApplicationId().toString();
        LOG.info("service={} application={} attempt={}", environment.service(), applicationId, attempt());
        ZooKeeperConnection zooKeeper =
                ZooKeeperConnection.open(environment.zookeeperQuorum(), SESSION_TIMEOUT, CONNECT_TIMEOUT);
        ApplicationMasterRegistry registry = new ZooKeeperApplicationMasterRegistry(
                zooKeeper, RegistryPaths.of(environment.zookeeperRoot(), environment.service()), applicationId);
        if (ServiceFinish.wasStopped(conf, new Path(environment.staging()))) {
            completeStop(registry);
            return;
        }
        LastGoodSpec lastGood = new LastGoodSpec(conf, new Path(environment.staging()));
        RegistryStart start;
        try {
            start = RegistryStart.read(registry, attempt(), lastGood, SPEC_USABLE_WITHIN);
        } catch (RegistryStart.NoSpecException e) {
            waitWithoutSpec(e, registry);
            return;
        }
        lastGood.keep(start.spec());
        Daemon.start("am-spec", lastGood::run);
        bringAbout(start, registry, lastGood);
        // The core's thread is a daemon as all others; this one holds the process until one of them ends it.
        Thread.currentThread().join();
    }

    private void bringAbout(RegistryStart start, ApplicationMasterRegistry registry, LastGoodSpec lastGood)
            throws IOException, YarnException {
        String applicationId = environment.attempt().getApplicationId().toString();
        Joins joins = new Joins(events, JOIN_PATIENCE);
        AmHttpServer http = new AmHttpServer(
                start.settings().get(ServiceSettings.AM_PORT),
                environment.service(),
                secrets,
                joins,
                metrics,
                this::isHealthy,
                System::currentTimeMillis);
        String webUrl = "http://" + environment.nodeHost() + ":" + http.port();
        ResourceManagerPages pages = new ResourceManagerPages(conf, self.getCredentials());
        ClusterClient cluster =
                new ClusterClient(conf, pages, environment.attempt().getApplicationId(), environment.service(), events);
        long launchedAtMs = cluster.launchedAtMs();
        Duration heartbeat = start.settings().get(ServiceSettings.AM_HEARTBEAT);
        Ownership ownership = new Ownership(lease(heartbeat), System::nanoTime);
        Spreading spreading = SpreadChoice.of(
                start.settings().get(ServiceSettings.PLACEMENT_SPREAD), () -> ConstraintSupport.find(pages));
        LOG.info("servers are {}", spreading.inWords());
        NodeManagers nodes = new NodeManagers(conf, events);
        ResourceManagerLink resourceManager = new ResourceManagerLink(
                conf,
                (int) heartbeat.toMillis(),
                nodes.forgettingEnded(events),
                cluster::refreshNodes,
                ProcessEnd::broken,
                ownership::confirmedByResourceManager,
                spreading.byConstraints());
        RegisterApplicationMasterResponse registered =
                resourceManager.register(environment.nodeHost(), http.port(), webUrl);
        LOG.info(
                "registered with {}, {} containers of earlier attempts run",
                webUrl,
                registered.getContainersFromPreviousAttempts().size());

        RegistryWriter writer = new RegistryWriter(
                registry,
                attempt(),
                start.spec(),
                ownership,
                lastGood.keptFrom(events),
                reason -> ProcessEnd.broken("another attempt owns the service: " + reason),
                Clock.systemUTC());
        Thread registryThread = Daemon.start("am-registry", writer::run);
        Agents agents = new Agents(secrets, events);
        Path staging = new Path(environment.staging());
        ServiceFinish finish =
                new ServiceFinish(cluster, resourceManager, registry, writer, registryThread, conf, staging);
        Edges edges = new Edges(
                resourceManager,
                nodes,
                new ContainerLogs(YarnConfigurations.scheme(conf), events),
                cluster,
                agents,
                joins,
                new ServerLauncher(
                        conf,
                        staging,
                        secrets,
                        PassedTokens.of(conf, staging, self, UserGroupInformation.isSecurityEnabled())),
                new Edges.ServerDefaults(
                        environment.service(),
                        YarnConfigurations.joinUrls(conf, webUrl, applicationId),
                        environment.inherited(),
                        UserGroupInformation.isSecurityEnabled() ? "" : self.getShortUserName()),
                events,
                message -> Daemon.start("am-finish", () -> {
                    agents.close();
                    finish.run(message);
                    http.close();
                    ProcessEnd.finished();
                }),
                metrics);
        Identity identity = new Identity(
                environment.service(),
                applicationId,
                attempt(),
                environment.user(),
                webUrl,
                launchedAtMs,
                YarnConfigurations.scheme(conf));
        CoreLoop core = new CoreLoop(
                new Event.AttemptRecovered(recovered(start, registered, spreading)),
                queue,
                new Core(identity, new Random()),
                edges,
                outlook -> show(outlook, writer, agents, http),
                ownership::isCertain,
                System::currentTimeMillis,
                System::nanoTime);
        loop.set(core);
        registerGauges(writer);
        Daemon.start("am-core", core::run);
        cluster.watchNodes();
        cluster.watchQueues();
        registry.onProxies(snapshot -> events.accept(new Event.ProxiesSeen(snapshot)));
    }

    private static Recovered recovered(
            RegistryStart start, RegisterApplicationMasterResponse registered, Spreading spreading) {
        return new Recovered(
                start.spec(),
                start.policy(),
                ResourceManagerLink.running(registered),
                start.slots(),
                start.servers(),
                start.deaths(),
                start.status(),
                registered.getMaximumResourceCapability().getMemorySize(),
                registered.getMaximumResourceCapability().getVirtualCores(),
                spreading);
    }

    private static void show(Outlook outlook, RegistryWriter writer, Agents agents, AmHttpServer http) {
        writer.want(outlook.image());
        Policy policy = outlook.policy();
        agents.watch(outlook.polled(), policy.healthInterval(), policy.healthFailures());
        http.show(outlook);
    }

    private void registerGauges(RegistryWriter writer) {
        Gauge<Integer> backlog = queue::size;
        metrics.register("sparkconnect_am_events_waiting", backlog);
        Gauge<Long> failures = writer::failures;
        metrics.register("sparkconnect_am_registry_write_failures", failures);
    }

    private boolean isHealthy() {
        CoreLoop core = loop.get();
        return core == null || core.turns();
    }

    /** Without a spec there is nothing to bring about; but what runs goes on, and only a service of which nothing runs ends. */
    private void waitWithoutSpec(RegistryStart.NoSpecException reason, ApplicationMasterRegistry registry)
            throws IOException, YarnException, InterruptedException {
        LOG.error("{}", reason.getMessage());
        ResourceManagerLink resourceManager = linkWithoutCore();
        RegisterApplicationMasterResponse registered = resourceManager.register(environment.nodeHost(), -1, "");
        WithoutSpec wait = new WithoutSpec(attempt(), ResourceManagerLink.running(registered), queue, System::nanoTime);
        if (wait.untilNothingRunsOr(() -> RegistryStart.hasUsableSpec(registry))) {
            ProcessEnd.broken("there is a spec again");
            return;
        }
        LOG.error("the service ends: {}", reason.getMessage());
        resourceManager.unregister(FinalApplicationStatus.FAILED, String.valueOf(reason.getMessage()));
        ServiceFinish.removeStaging(conf, new Path(environment.staging()));
        ProcessEnd.finished();
    }

    /** The operator's stop was carried out, and broke off before YARN was told. */
    private void completeStop(ApplicationMasterRegistry registry)
            throws IOException, YarnException, InterruptedException {
        LOG.info("an earlier attempt has stopped the service; this one tells YARN");
        ResourceManagerLink resourceManager = linkWithoutCore();
        resourceManager.register(environment.nodeHost(), -1, "");
        ServiceFinish.complete(registry, resourceManager, attempt(), conf, new Path(environment.staging()));
        ProcessEnd.finished();
    }

    private ResourceManagerLink linkWithoutCore() {
        return new ResourceManagerLink(conf, 1_000, events, () -> {}, ProcessEnd::broken, answeredAt -> {}, false);
    }

    /** Some heartbeats long: one that comes late is no loss of the service. */
    private static Duration lease(Duration heartbeat) {
        Duration three = heartbeat.multipliedBy(3);
        return three.compareTo(SHORTEST_LEASE) > 0 ? three : SHORTEST_LEASE;
    }

    private int attempt() {
        return environment.attempt().getAttemptId();
    }
}
