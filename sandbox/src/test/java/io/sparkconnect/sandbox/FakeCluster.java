/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.zookeeper.ZooKeeperApplicationMasterRegistry;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

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
    final class Proxy implements AutoCloseable {
        private static final Pattern LISTENING = Pattern.compile("listening=(sc://[^ ]+)");
        private static final Pattern ADMIN = Pattern.compile("admin=(http://[^ ]+)");

        private final Process process;
        private final List<String> log = new CopyOnWriteArrayList<>();

        private Proxy(String... settings) throws Exception {
            List<String> command = Child.java(Path.of(System.getProperty("java.io.tmpdir")), "256m");
            command.addAll(List.of(
                    "-jar",
                    BuiltJar.in(home.resolve("proxy/target"), "sparkconnect-proxy")
                            .toString(),
                    "-Dsparkconnect.zookeeper.quorum=" + zooKeeper.quorum(),
                    "-Dsparkconnect.service.name=clients",
                    "-Dsparkconnect.proxy.listen=127.0.0.1:0",
                    "-Dsparkconnect.proxy.admin.listen=127.0.0.1:0"));
            command.addAll(List.of(settings));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            Thread reader = new Thread(this::readLog, "proxy-log");
            reader.setDaemon(true);
            reader.start();
            Awaitility.await("the proxy listens")
                    .atMost(START)
                    .until(() -> !said(LISTENING).isEmpty() || !process.isAlive());
            if (said(LISTENING).isEmpty()) {
                throw new IllegalStateException("the proxy does not listen: " + log);
            }
        }

        String url() {
            return said(LISTENING);
        }

        /** A figure with its labels as Prometheus has them; 0 when there is none yet. */
        long metric(String name) throws IOException, InterruptedException {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(said(ADMIN) + "/metrics")).build();
            return HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("sparkconnect_proxy_" + name + " "))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }

        private String said(Pattern what) {
            for (String line : log) {
                Matcher matcher = what.matcher(line);
                if (matcher.find()) {
                    return matcher.group(1);
                }
            }
            return "";
        }

        private void readLog() {
            try (BufferedReader lines = process.inputReader(UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    log.add(line);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws InterruptedException {
            Child.end(process, Duration.ofSeconds(5));
        }
    }

    Proxy startProxy(String... settings) throws Exception {
        return add(new Proxy(settings));
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
    PythonScenario program(String version, String program, Proxy proxy) {
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
