/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperOperatorRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A sandbox with the service launched into it, started once for all system tests of the JVM and taken down after the last.
 * Real everything: Spark, YARN, ZooKeeper, launcher and proxy as processes.
 */
final class RunningService implements BeforeAllCallback, ParameterResolver {
    static final Duration SOON = Duration.ofMinutes(1);
    static final Duration A_SERVER_START = Duration.ofMinutes(4);

    private static final ExtensionContext.Namespace ALL = ExtensionContext.Namespace.create(RunningService.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        started(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Service.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return started(context);
    }

    private static Service started(ExtensionContext context) {
        return context.getRoot().getStore(ALL).getOrComputeIfAbsent("service", key -> Service.start(), Service.class);
    }

    /** The running service and the ways to look at it. */
    static final class Service implements AutoCloseable {
        private static final ObjectMapper JSON = new ObjectMapper();

        private final RealSpark spark;
        private final SandboxCluster cluster;
        private final ZooKeeperConnection zooKeeper;
        private final OperatorRegistry registry;
        private final YarnClient yarn;
        private final String admin;
        private final String launchTalk;

        private Service(
                RealSpark spark,
                SandboxCluster cluster,
                ZooKeeperConnection zooKeeper,
                YarnClient yarn,
                String admin,
                String launchTalk) {
            this.spark = spark;
            this.cluster = cluster;
            this.zooKeeper = zooKeeper;
            this.registry = new ZooKeeperOperatorRegistry(zooKeeper, "/sparkconnect", "sparkconnect");
            this.yarn = yarn;
            this.admin = admin;
            this.launchTalk = launchTalk;
        }

        private static Service start() {
            try {
                RealSpark spark = RealSpark.ofTheBuild();
                String admin = "127.0.0.1:" + freePort();
                Map<String, String> settings = Map.of(
                        "sparkconnect.proxy.admin.listen",
                        admin,
                        // A client that waits for a server of a busy machine to start is not told to come back.
                        "sparkconnect.proxy.hold.time",
                        "5m");
                Path directory = Files.createTempDirectory("sparkconnect-system-test");
                SandboxCluster cluster = SandboxCluster.start(
                        new SandboxOptions(
                                spark.projectHome(), directory, spark.sparkHome(), spark.python(), 0, 2, settings),
                        new Narrator(System.out));
                LauncherRun launch = cluster.launchService();
                if (launch.exitCode() != 0) {
                    cluster.keepLogs(spark.projectHome().resolve(".build/sandbox-logs"));
                    cluster.close();
                    throw new AssertionError("launch ended with " + launch.exitCode() + ":\n" + launch.talk());
                }
                YarnClient yarn = YarnClient.createYarnClient();
                yarn.init(new Configuration(cluster.yarnCluster().getConfig()));
                yarn.start();
                return new Service(
                        spark,
                        cluster,
                        ZooKeeperConnection.open(
                                cluster.zooKeeperQuorum(), Duration.ofSeconds(30), Duration.ofSeconds(10)),
                        yarn,
                        admin,
                        launch.talk());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while the sandbox started", e);
            } catch (Exception e) {
                throw new AssertionError("the sandbox did not start", e);
            }
        }

        SandboxCluster cluster() {
            return cluster;
        }

        RealSpark spark() {
            return spark;
        }

        /** What {@code launch --wait} said. */
        String launchTalk() {
            return launchTalk;
        }

        PythonScenario scenario(String name, String... arguments) {
            return PythonScenario.start(spark.python(), spark.scenarios(), name, cluster.clientUrl(), arguments);
        }

        ServiceStatus status() {
            try {
                return registry.readStatus().orElseThrow(() -> new AssertionError("the service has no status"));
            } catch (RegistryAwayException e) {
                throw new AssertionError(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        /** Waits until every slot is ready, and yields them. */
        List<SlotStatus> awaitReady() {
            await().atMost(A_SERVER_START).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
                ServiceStatus status = status();
                assertThat(status.state()).as(status.message()).isEqualTo(ServiceState.READY);
                assertThat(status.slots()).hasSize(2).allMatch(slot -> slot.state() == SlotState.READY);
            });
            return status().slots();
        }

        /** The ready server whose own Spark application this is. */
        SlotStatus serverOfApplication(String applicationId) {
            return status().slots().stream()
                    .filter(slot -> applicationId.equals(slot.childApplicationId()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no server has application " + applicationId));
        }

        void kill(SlotStatus server) {
            ProcessHandle driver = cluster.drivers().get(Objects.requireNonNull(server.serverId()));
            assertThat(driver).as("driver process of " + server.serverId()).isNotNull();
            Objects.requireNonNull(driver).destroyForcibly();
        }

        boolean hasEnded(String applicationId) throws YarnException, IOException {
            YarnApplicationState state = yarn.getApplicationReport(ApplicationId.fromString(applicationId))
                    .getYarnApplicationState();
            return switch (state) {
                case FINISHED, FAILED, KILLED -> true;
                case NEW, NEW_SAVING, SUBMITTED, ACCEPTED, RUNNING -> false;
            };
        }

        JsonNode adminJson(String path) throws IOException, InterruptedException {
            return JSON.readTree(admin(path).body());
        }

        HttpResponse<String> admin(String path) throws IOException, InterruptedException {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://" + admin + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
        }

        @Override
        public void close() throws Exception {
            yarn.stop();
            registry.close();
            zooKeeper.close();
            cluster.keepLogs(spark.projectHome().resolve(".build/sandbox-logs"));
            cluster.close();
        }

        private static int freePort() throws IOException {
            try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            }
        }
    }
}
