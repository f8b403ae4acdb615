/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.publish.RegistryWriter;
import io.sparkconnect.am.yarn.ClusterClient;
import io.sparkconnect.am.yarn.ResourceManagerLink;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The wanted end: nothing of the service stays behind, and then YARN learns that it is over. Runs on its own thread. */
final class ServiceFinish {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceFinish.class);
    private static final Duration CHILDREN_END_WITHIN = Duration.ofSeconds(30);
    private static final Duration REGISTRY_ANSWERS_WITHIN = Duration.ofSeconds(60);
    private static final long PAUSE_MS = 500;

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
        removeFromRegistry();
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

    private void removeFromRegistry() throws InterruptedException, FencedOutException {
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
