/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/** A ResourceManager and two NodeManagers in this process, with the queues that the service is meant for. */
final class MiniYarn implements AutoCloseable {
    static final int NODES = 2;
    private static final Duration ADDRESS_KNOWN_WITHIN = Duration.ofSeconds(30);

    private final MiniYARNCluster cluster;
    private final Path workDirectory;

    private MiniYarn(MiniYARNCluster cluster, Path workDirectory) {
        this.cluster = cluster;
        this.workDirectory = workDirectory;
    }

    /**
     * @param directory where everything is kept; cleared
     * @param confDirectory where containers find the configuration
     */
    static MiniYarn start(Path directory, Path confDirectory) throws IOException, InterruptedException {
        // Where MiniYARNCluster keeps its files; it knows no other way to be told.
        System.setProperty("test.build.data", directory.toString());
        System.setProperty("hadoop.log.dir", directory.resolve("logs").toString());
        MiniYARNCluster cluster = new MiniYARNCluster("yarn", 1, NODES, 1, 1);
        MiniYarn yarn = new MiniYarn(cluster, directory);
        cluster.init(configuration(directory, confDirectory));
        cluster.start();
        yarn.awaitAddresses();
        OwnWebPages.giveToAll(cluster, NODES);
        return yarn;
    }

    private static YarnConfiguration configuration(Path directory, Path confDirectory) {
        YarnConfiguration conf = new YarnConfiguration();
        conf.set("fs.defaultFS", "file:///");
        conf.set("hadoop.tmp.dir", directory.resolve("hadoop-tmp").toString());
        queues(conf);
        nodes(conf, confDirectory);
        conf.setInt("yarn.scheduler.minimum-allocation-mb", 256);
        conf.setInt("yarn.scheduler.maximum-allocation-mb", 8192);
        conf.setInt("yarn.scheduler.maximum-allocation-vcores", 8);
        // All nodes are called localhost: with the port in the name, placement can tell them apart.
        conf.setBoolean("yarn.scheduler.include-port-in-node-name", true);
        conf.setInt("yarn.resourcemanager.am.max-attempts", 20);
        conf.setInt("yarn.am.liveness-monitor.expiry-interval-ms", 60_000);
        conf.setInt("yarn.nm.liveness-monitor.expiry-interval-ms", 30_000);
        conf.setInt("yarn.resourcemanager.work-preserving-recovery.scheduling-wait-ms", 100);
        conf.set("yarn.application.classpath", String.join(",", ClassPathJars.hadoop()));
        return conf;
    }

    private static void queues(Configuration conf) {
        conf.set(
                "yarn.resourcemanager.scheduler.class",
                "org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler");
        Map<String, String> queues = new TreeMap<>(Map.of(
                "root.queues", "default,sparkconnect",
                "root.default.capacity", "70",
                "root.default.maximum-capacity", "100",
                "root.default.user-limit-factor", "10",
                "root.sparkconnect.capacity", "30",
                "root.sparkconnect.maximum-capacity", "40",
                "root.sparkconnect.user-limit-factor", "10",
                "maximum-am-resource-percent", "0.5",
                "node-locality-delay", "-1"));
        queues.forEach((key, value) -> conf.set("yarn.scheduler.capacity." + key, value));
    }

    private static void nodes(Configuration conf, Path confDirectory) {
        conf.setInt("yarn.minicluster.yarn.nodemanager.resource.memory-mb", 8192);
        conf.setInt("yarn.nodemanager.resource.cpu-vcores", 8);
        // Kills containers that outgrow their size, as a real node does; virtual memory says nothing about a JVM.
        conf.setBoolean("yarn.minicluster.control-resource-monitoring", true);
        conf.setBoolean("yarn.nodemanager.vmem-check-enabled", false);
        conf.setInt("yarn.nodemanager.container-monitor.interval-ms", 1000);
        conf.setInt("yarn.resourcemanager.nodemanagers.heartbeat-interval-ms", 200);
        conf.setFloat("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", 100f);
        conf.setInt("yarn.nodemanager.sleep-delay-before-sigkill.ms", 1000);
        // Set for every container by the node itself: this JVM's environment need not have it.
        conf.set("yarn.nodemanager.env-whitelist", "PATH,LANG,LC_ALL,TZ");
        conf.set("yarn.nodemanager.admin-env", "MALLOC_ARENA_MAX=2,HADOOP_CONF_DIR=" + confDirectory);
    }

    /** start() may return before the ResourceManager wrote the ports that it got. */
    private void awaitAddresses() throws IOException, InterruptedException {
        Deadline deadline = Deadline.in(ADDRESS_KNOWN_WITHIN);
        while (cluster.getConfig().get(YarnConfiguration.RM_ADDRESS, ":0").endsWith(":0")) {
            deadline.check("the ResourceManager did not bind its port");
            Thread.sleep(50);
        }
        try {
            if (cluster.waitForNodeManagersToConnect(ADDRESS_KNOWN_WITHIN.toMillis())) {
                return;
            }
        } catch (YarnException e) {
            throw new IOException("the ResourceManager did not show its nodes: " + e.getMessage(), e);
        }
        throw new IOException("the NodeManagers did not register within " + ADDRESS_KNOWN_WITHIN.toSeconds() + "s");
    }

    /** What differs from Hadoop's defaults: enough for a client. */
    Map<String, String> clientConfiguration() {
        YarnConfiguration defaults = new YarnConfiguration();
        Map<String, String> differing = new TreeMap<>();
        for (Map.Entry<String, String> entry : cluster.getConfig()) {
            if (!entry.getValue().equals(defaults.getRaw(entry.getKey()))) {
                differing.put(entry.getKey(), entry.getValue());
            }
        }
        return differing;
    }

    MiniYARNCluster cluster() {
        return cluster;
    }

    /** Local directories and container logs. */
    Path workDirectory() {
        return workDirectory;
    }

    @Override
    public void close() {
        cluster.stop();
    }
}
