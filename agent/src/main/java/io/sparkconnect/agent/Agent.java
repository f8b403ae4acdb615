/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server's agent: starts with the driver plugin and lives as long as the process. Its few threads are daemons; Spark
 * is asked once a second on one of them, so that an answer to the ApplicationMaster never waits for a lock inside Spark.
 */
final class Agent implements AgentEndpoint.Handler {
    static final Duration START_DEADLINE = Duration.ofMinutes(10);
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final Duration BEAT = Duration.ofSeconds(1);
    private static final Duration SAMPLE_PAUSE = Duration.ofSeconds(1);
    private static final Duration PORT_PAUSE = Duration.ofMillis(200);

    /** How many samples may see a stopped SparkContext before the agent acts although no plugin was told. */
    private static final int UNTOLD_SAMPLES = 10;

    private final AgentEnvironment environment;
    private final ContainerSecret secret;
    private final SparkDriver spark;
    private final ConnectServer connect;
    private final AmClient am;
    private final Life life = new Life();
    private final Contact contact = new Contact(System::nanoTime);
    private final Departure departure;
    private final Clockwork clockwork = new Clockwork();
    private final String instanceId = UUID.randomUUID().toString().replace("-", "");

    private final AtomicInteger port = new AtomicInteger();
    private final AtomicLong beat = new AtomicLong();
    private final AtomicBoolean joining = new AtomicBoolean();
    private volatile String applicationId = "";
    private volatile Load load = Load.UNKNOWN;
    private volatile boolean draining;
    private volatile int agentPort;
    private int stoppedSamples;

    Agent(
            AgentEnvironment environment,
            ContainerSecret secret,
            SparkDriver spark,
            ConnectServer connect,
            AmClient am,
            ProcessEnd process) {
        this.environment = environment;
        this.secret = secret;
        this.spark = spark;
        this.connect = connect;
        this.am = am;
        this.departure = new Departure(spark, life, process, clockwork);
    }

    /** From here on the agent answers; the port is not bound yet and Spark has no application id. */
    AgentEndpoint start() throws IOException {
        AgentEndpoint endpoint = AgentEndpoint.start(environment.nodeHost(), secret, contact, this);
        agentPort = endpoint.port();
        clockwork.every(BEAT, beat::incrementAndGet);
        LOG.info("Agent of server={} instance={} listens on port {}.", environment.serverId(), instanceId, agentPort);
        return endpoint;
    }

    Departure departure() {
        return departure;
    }

    /** The SparkContext is up. */
    void applicationStarted(String id) {
        applicationId = id;
        clockwork.every(SAMPLE_PAUSE, this::sample);
        long since = System.nanoTime();
        clockwork.every(PORT_PAUSE, () -> lookForPort(since));
    }

    private void lookForPort(long since) {
        if (port.get() == 0) {
            connect.boundPort().ifPresent(this::portBound);
        }
        if (port.get() != 0) {
            joinWhenReady();
        } else if (System.nanoTime() - since > START_DEADLINE.toNanos()) {
            departure.neverStarted(START_DEADLINE);
        }
    }

    /** The Connect server listens; told by Spark's event or found by asking, whichever is first. */
    void portBound(int bound) {
        if (port.compareAndSet(0, bound)) {
            LOG.info("Spark Connect of server={} is bound to port {}.", environment.serverId(), bound);
        }
        joinWhenReady();
    }

    private void joinWhenReady() {
        if (!applicationId.isEmpty() && port.get() != 0 && joining.compareAndSet(false, true)) {
            DaemonThreads.named("join").newThread(this::join).start();
        }
    }

    private void join() {
        Introduction introduction = new Introduction(
                environment.serverId(),
                instanceId,
                environment.nodeHost(),
                port.get(),
                agentPort,
                spark.version(),
                applicationId,
                spark.uiUrl(),
                ProcessHandle.current().pid());
        JoinLoop loop = new JoinLoop(
                environment,
                introduction.toJson(secret),
                am,
                contact,
                departure,
                () -> ThreadLocalRandom.current().nextDouble());
        while (true) {
            try {
                clockwork.pause(loop.step());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                LOG.warn("The joining thread was interrupted; this server will not join again.");
                return;
            } catch (RuntimeException e) {
                LOG.error("Joining failed in an unexpected way; trying on.", e);
            }
        }
    }

    private void sample() {
        try {
            if (!spark.isStopped()) {
                load = connect.load();
                return;
            }
            life.ending();
            if (++stoppedSamples == UNTOLD_SAMPLES) {
                departure.contextStopped("the SparkContext stopped without telling its plugins");
            }
        } catch (RuntimeException e) {
            LOG.warn("Cannot tell the server's load.", e);
            load = Load.UNKNOWN;
        }
    }

    @Override
    public String health() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        boolean alive = life.isAlive();
        return new Health(
                        instanceId,
                        alive,
                        alive ? "" : life.reason(),
                        port.get(),
                        load,
                        heap.getUsed(),
                        heap.getMax(),
                        applicationId,
                        draining,
                        beat.get())
                .toJson();
    }

    @Override
    public void drain(boolean wanted) {
        if (draining != wanted) {
            LOG.info("server={} {}.", environment.serverId(), wanted ? "drains" : "takes sessions again");
        }
        draining = wanted;
    }

    @Override
    public void stop(Duration grace) {
        if (departure.stopRequested(grace)) {
            LOG.info("Stopping server={} on request, grace {} ms.", environment.serverId(), grace.toMillis());
            // No daemon: when the gRPC server has ended, Spark's main thread ends too, and this thread alone keeps the
            // JVM from leaving in the middle of the SparkContext's stop.
            Thread thread = new Thread(() -> carryOutStop(grace), "sparkconnect-agent-stop");
            thread.setDaemon(false);
            thread.start();
        }
    }

    private void carryOutStop(Duration grace) {
        try {
            connect.stop(grace);
            spark.stop();
        } catch (RuntimeException e) {
            LOG.warn("The stop of server={} failed on the way; ending all the same.", environment.serverId(), e);
        }
        try {
            departure.exitOnceStopped();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("The stop of server={} was interrupted.", environment.serverId());
        }
    }
}
