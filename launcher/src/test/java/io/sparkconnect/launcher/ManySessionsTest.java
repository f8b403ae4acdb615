/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.zookeeper.Records;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperFixture;
import io.sparkconnect.registry.zookeeper.ZooKeeperOperatorRegistry;
import io.sparkconnect.registry.zookeeper.ZooKeeperSessionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command line as a process with a small heap, on a real ZooKeeper with many sessions. What it costs is logged, not
 * judged. The size that is promised: {@code -Dsparkconnect.test.sessions=100000}.
 */
class ManySessionsTest {
    private static final Logger LOG = LoggerFactory.getLogger(ManySessionsTest.class);
    private static final int SESSIONS = Integer.getInteger("sparkconnect.test.sessions", 20_000);
    private static final int USERS = 100;
    private static final int AT_ONCE = 2_000;
    /** Holds the libraries, and not the sessions. */
    private static final String HEAP = "-Xmx48m";

    private static ZooKeeperFixture zooKeeper;
    private static ZooKeeperConnection connection;

    @TempDir
    private Path directory;

    @BeforeAll
    static void bindThem() throws Exception {
        zooKeeper = ZooKeeperFixture.start();
        connection = zooKeeper.connect();
        assertThat(connection.awaitConnected(Duration.ofSeconds(20))).isTrue();
        try (ZooKeeperOperatorRegistry registry = registry()) {
            registry.createSpec(Records.spec("many"));
        }
        RegistryPaths paths = RegistryPaths.of("/sparkconnect", "many");
        try (ZooKeeperSessionTable table = new ZooKeeperSessionTable(connection, paths, Duration.ofSeconds(60))) {
            for (int from = 0; from < SESSIONS; from += AT_ONCE) {
                List<CompletableFuture<?>> some = new ArrayList<>();
                for (int i = from; i < Math.min(from + AT_ONCE, SESSIONS); i++) {
                    some.add(table.bindIfAbsent(new SessionBinding(
                            "user-" + i % USERS, new UUID(i, i).toString(), "container_1_" + i % 200, 1000, 2000)));
                }
                CompletableFuture.allOf(some.toArray(CompletableFuture[]::new)).get(2, TimeUnit.MINUTES);
            }
        }
    }

    @AfterAll
    static void close() {
        connection.close();
        zooKeeper.close();
    }

    @Test
    void areListedWithoutBeingHeldInMemory() throws Exception {
        Path printed = run("sessions", "-o", "json");

        int sessions = 0;
        try (JsonParser json = new ObjectMapper().createParser(printed.toFile())) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                sessions += token == JsonToken.START_OBJECT ? 1 : 0;
            }
        }
        assertThat(sessions).isEqualTo(SESSIONS);
        assertThat(Files.readAllLines(run("sessions", "-o", "name"))).hasSize(SESSIONS);
    }

    @Test
    void areCountedByServer() throws Exception {
        assertThat(Files.readString(run("sessions", "--count"))).containsPattern("all +- +" + SESSIONS);
    }

    @Test
    void ofOneUserAreEndedWithoutTheOthers() throws Exception {
        run("kill-session", "--user", "user-7", "-o", "name");

        try (ZooKeeperOperatorRegistry registry = registry()) {
            assertThat(registry.readKills().stream().flatMap(kill -> kill.sessions().stream()))
                    .hasSize(SESSIONS / USERS)
                    .extracting(SessionKill.KilledSession::userId)
                    .containsOnly("user-7");
        }
    }

    /** Yields what went to standard output. */
    private Path run(String... arguments) throws IOException, InterruptedException {
        Path data = Files.createTempFile(directory, arguments[0], ".out");
        Path talk = Files.createTempFile(directory, arguments[0], ".err");
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                HEAP,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Launcher.class.getName()));
        command.addAll(List.of(arguments));
        command.addAll(
                List.of("-Dsparkconnect.zookeeper.quorum=" + zooKeeper.quorum(), "-Dsparkconnect.service.name=many"));
        long began = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectOutput(data.toFile())
                .redirectError(talk.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ended").isTrue();
        LOG.info(
                "{} of {} sessions with {}: {} ms, {} KiB printed",
                arguments,
                SESSIONS,
                HEAP,
                (System.nanoTime() - began) / 1_000_000,
                Files.size(data) / 1024);
        assertThat(process.exitValue()).as(Files.readString(talk)).isZero();
        return data;
    }

    private static ZooKeeperOperatorRegistry registry() {
        return new ZooKeeperOperatorRegistry(connection, "/sparkconnect", "many");
    }
}
