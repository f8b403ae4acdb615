/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.zookeeper.ZooKeeperApplicationMasterRegistry;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything between PySpark and the real proxy but Spark and YARN: fake servers, a ZooKeeper in which the test publishes them as
 * the ApplicationMaster would, and the proxy's jar as a process.
 */
final class FakeCluster implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "clients");

    private final Path home = Path.of(System.getProperty("sandbox.home"));
    private final Path clients = home.resolve(".build/clients");
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Map<Integer, PythonScenario> servers = new HashMap<>();
    private final MiniZooKeeper zooKeeper;
    private final ZooKeeperApplicationMasterRegistry master;

    FakeCluster(Path directory) throws Exception {
        zooKeeper = add(MiniZooKeeper.start(directory));
        ZooKeeperConnection connection =
                add(ZooKeeperConnection.open(zooKeeper.quorum(), Duration.ofSeconds(30), Duration.ofSeconds(10)));
        master = add(new ZooKeeperApplicationMasterRegistry(connection, PATHS, "application_1_0001"));
        master.claim(1);
    }

    /** A proxy that reads this cluster's registry. */
    ProxyJar startProxy(String... settings) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "-Dsparkconnect.zookeeper.quorum=" + zooKeeper.quorum(), "-Dsparkconnect.service.name=clients"));
        arguments.addAll(List.of(settings));
        return add(ProxyJar.start(home, arguments));
    }

    /** Starts a fake server and publishes it; its answer to every query is its number. */
    void startServer(int number) throws Exception {
        PythonScenario server = python("4.0.4", "fake_spark.py", Integer.toString(number));
        servers.put(number, server);
        int port = server.await("listening", START).path("port").asInt();
        master.commit(List.of(new RegistryChange.PutServer(new ServerRecord(
                "container_" + number,
                "instance-" + number,
                "127.0.0.1",
                port,
                "default",
                "4.0.4",
                ServerState.READY,
                ServerLoad.UNKNOWN,
                60,
                "default-" + number,
                "node7:45454",
                null,
                null,
                System.currentTimeMillis()))));
    }

    /** Kills a server, and certifies its death as the ApplicationMaster does. */
    void killServer(int number) throws Exception {
        PythonScenario server = servers.remove(number);
        if (server == null) {
            throw new IllegalArgumentException("number: " + number + " (expected: one of " + servers.keySet() + ")");
        }
        server.close();
        String id = "container_" + number;
        master.commit(List.of(
                new RegistryChange.RemoveServer(id),
                new RegistryChange.PutDeath(new DeathCertificate(
                        id,
                        "default",
                        "default-" + number,
                        "node7:45454",
                        DeathCause.KILLED,
                        137,
                        "",
                        List.of(),
                        null,
                        "http://node7:8042/logs/" + id,
                        System.currentTimeMillis()))));
    }

    /** A user's program, run by PySpark of that version. */
    PythonScenario program(String version, String program, ProxyJar proxy) {
        return python(version, "clients.py", program, proxy.url());
    }

    private PythonScenario python(String version, String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                clients.resolve("deps/bin/python").toString(),
                "-u",
                home.resolve("sandbox/src/test/python").resolve(script).toString()));
        command.addAll(List.of(arguments));
        Path client = clients.resolve(version);
        if (!client.toFile().isDirectory()) {
            throw new IllegalStateException(
                    client + " is not there (expected: the build has run scripts/lib/python-clients.sh)");
        }
        return add(PythonScenario.start(script + " " + version, command, Map.of("PYTHONPATH", client.toString())));
    }

    private <T extends AutoCloseable> T add(T part) {
        parts.push(part);
        return part;
    }

    @Override
    public void close() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }
}
