/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.publish.RegistryWriter;
import io.sparkconnect.am.yarn.ClusterClient;
import io.sparkconnect.am.yarn.ResourceManagerLink;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wanted end: nothing of the service stays behind, and then YARN learns that it is over. Runs on its own thread.
 *
 * <p>It may break off anywhere. A mark in the staging directory, made before the registry forgets the service, tells the
 * next attempt that there is nothing left to run, which else would look for a spec and not find it.
 */
final class ServiceFinish {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceFinish.class);
    private static final Duration CHILDREN_END_WITHIN = Duration.ofSeconds(30);
    private static final Duration REGISTRY_ANSWERS_WITHIN = Duration.ofSeconds(60);
    private static final long PAUSE_MS = 500;
    private static final String STOPPED_MARK = "STOPPED";
    private static final String STOPPED = "stopped on the operator's wish";

    private final ClusterClient cluster;
    private final ResourceManagerLink resourceManager;
    private final ApplicationMasterRegistry registry;
    private final RegistryWriter writer;
    private final Thread registryThread;
    private final Configuration conf;
    private final Path staging;

    ServiceFinish(
            ClusterClient cluster,
            ResourceManagerLink resourceManager,
            ApplicationMasterRegistry registry,
            RegistryWriter writer,
            Thread registryThread,
            Configuration conf,
            Path staging) {
        this.cluster = cluster;
        this.resourceManager = resourceManager;
        this.registry = registry;
        this.writer = writer;
        this.registryThread = registryThread;
        this.conf = conf;
        this.staging = staging;
    }

    /** Returns when all is done that can be; what could not be done is logged. */
    void run(String message) throws InterruptedException, YarnException, IOException, FencedOutException {
        LOG.info("the service ends: {}", message);
        killChildren();
        TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        writer.stop();
        registryThread.join(REGISTRY_ANSWERS_WITHIN.toMillis());
        mark();
        removeFromRegistry(registry);
        // After this YARN starts no further attempt, so the files that one would need may go.
        resourceManager.unregister(FinalApplicationStatus.SUCCEEDED, message);
        removeStaging(conf, staging);
    }

    private void killChildren() throws InterruptedException {
        long deadline = System.nanoTime() + CHILDREN_END_WITHIN.toNanos();
        while (System.nanoTime() < deadline) {
            try {
                if (cluster.killAllChildren("the service was stopped")) {
                    return;
                }
            } catch (YarnException | IOException e) {
                LOG.warn("the servers' own applications could not be killed: {}", e.toString());
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        }
        LOG.warn("some of the servers' own applications did not end within {}", CHILDREN_END_WITHIN);
    }

    /** Whether an earlier attempt had ended everything on the operator's wish, but did not come to tell YARN. */
    static boolean wasStopped(Configuration conf, Path staging) {
        try {
            return staging.getFileSystem(conf).exists(new Path(staging, STOPPED_MARK));
        } catch (IOException e) {
            LOG.warn("staging={} cannot be looked at; takes the service for wanted", staging, e);
            return false;
        }
    }

    /**
     * Does what an earlier attempt left undone of a wanted end.
     *
     * @param resourceManager registered
     */
    static void complete(
            ApplicationMasterRegistry registry,
            ResourceManagerLink resourceManager,
            int attempt,
            Configuration conf,
            Path staging)
            throws InterruptedException, YarnException, IOException {
        try {
            registry.claim(attempt);
            if (!isLaunchedAnew(registry)) {
                removeFromRegistry(registry);
            }
        } catch (FencedOutException e) {
            LOG.info("the registry belongs to a later application of the same name: {}", e.getMessage());
        }
        resourceManager.unregister(FinalApplicationStatus.SUCCEEDED, STOPPED);
        removeStaging(conf, staging);
    }

    /** Whether somebody has launched the service again since, whose ApplicationMaster has not claimed yet. */
    private static boolean isLaunchedAnew(ApplicationMasterRegistry registry) throws InterruptedException {
        try {
            return registry.readSpec().desired() != DesiredState.STOPPED;
        } catch (RegistryDataException e) {
            return false;
        } catch (RegistryAwayException e) {
            LOG.error("the registry stays away; the service's node must be removed by the launcher", e);
            return true;
        }
    }

    private void mark() {
        Path mark = new Path(staging, STOPPED_MARK);
        try {
            staging.getFileSystem(conf).create(mark, true).close();
        } catch (IOException e) {
            LOG.warn("{} could not be written; should this attempt die now, the next one looks for a spec", mark, e);
        }
    }

    private static void removeFromRegistry(ApplicationMasterRegistry registry)
            throws InterruptedException, FencedOutException {
        long deadline = System.nanoTime() + REGISTRY_ANSWERS_WITHIN.toNanos();
        while (true) {
            try {
                registry.removeService();
                return;
            } catch (RegistryAwayException e) {
                if (System.nanoTime() >= deadline) {
                    LOG.error("the registry stays away; the service's node must be removed by the launcher", e);
                    return;
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        }
    }

    static void removeStaging(Configuration conf, Path staging) {
        try {
            boolean removed = staging.getFileSystem(conf).delete(staging, true);
            LOG.info("staging={} {}", staging, removed ? "is removed" : "was not there");
        } catch (IOException e) {
            LOG.warn("staging={} could not be removed", staging, e);
        }
    }
}
