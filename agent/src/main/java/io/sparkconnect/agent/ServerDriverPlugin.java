/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The driver's half of the plugin: passes on what Spark tells. Spark calls it on its own threads. */
final class ServerDriverPlugin implements DriverPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(ServerDriverPlugin.class);
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(10);

    /** Spark's own hooks and those of file systems have higher priorities and run before. */
    private static final int LAST = 0;

    private final Map<String, String> environment;
    private volatile @Nullable Agent agent;

    ServerDriverPlugin(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Called while the SparkContext comes up; what is thrown here ends the start with a clear text. */
    @Override
    public Map<String, String> init(SparkContext context, PluginContext pluginContext) {
        Optional<AgentEnvironment> ours = AgentEnvironment.from(environment);
        if (ours.isEmpty()) {
            LOG.info(
                    "{} is not set: this driver was not started by a sparkconnect-yarn service; the agent does nothing.",
                    AgentEnvironment.SERVER_ID);
            return Map.of();
        }
        Agent started = new Agent(
                ours.get(),
                ContainerCredentials.secret(),
                new RunningSparkDriver(context),
                new ReflectedConnectServer(loader()),
                new HttpAmClient(JOIN_TIMEOUT),
                ProcessEnd.ofThisJvm());
        try {
            started.start();
        } catch (IOException e) {
            throw new IllegalStateException(
                    "the agent cannot listen on " + ours.get().nodeHost() + ": " + e.getMessage(), e);
        }
        context.addSparkListener(new BoundPortListener(started::portBound));
        ShutdownHookManager.get().addShutdownHook(started.departure()::lastHook, LAST);
        agent = started;
        return Map.of();
    }

    /** Where {@code --jars} are: Spark 3.x gets its Connect jar that way. */
    private static ClassLoader loader() {
        ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
        return ofThread == null ? ServerDriverPlugin.class.getClassLoader() : ofThread;
    }

    /** The first moment at which the application id is known. */
    @Override
    public void registerMetrics(String applicationId, PluginContext pluginContext) {
        Agent started = agent;
        if (started != null) {
            started.applicationStarted(applicationId);
        }
    }

    /** Called in the middle of {@code SparkContext.stop}, on the stopping thread. */
    @Override
    public void shutdown() {
        Agent started = agent;
        if (started != null) {
            Thread current = Thread.currentThread();
            started.departure().contextStopped(StopCause.of(current.getName(), current.getStackTrace()));
        }
    }
}
