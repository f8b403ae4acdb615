/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A user at the command line of a machine with Spark, beside a small cluster. Time passes only while a command waits. */
final class CommandLineFixture {
    final FakeYarn yarn = new FakeYarn();
    final FakeRegistry registry = new FakeRegistry();
    final Map<String, String> environment = new HashMap<>();
    final Path sparkHome;
    final Path staging;
    private final Path serviceJar;
    private final StringWriter data = new StringWriter();
    private final StringWriter talk = new StringWriter();
    private final List<Runnable> meanwhile = new ArrayList<>();
    private boolean interrupts;
    private long nowMs = 1_000_000;

    CommandLineFixture(Path directory) throws IOException {
        sparkHome = directory.resolve("spark");
        staging = directory.resolve("staging");
        serviceJar = Files.writeString(directory.resolve("service.jar"), "the service jar");
        Files.createDirectories(sparkHome.resolve("bin"));
        Files.createDirectories(sparkHome.resolve("jars"));
        Files.createFile(sparkHome.resolve("bin/spark-submit")).toFile().setExecutable(true);
        for (String jar :
                List.of("spark-core_2.13-4.3.0.jar", "spark-yarn_2.13-4.3.0.jar", "spark-connect_2.13-4.3.0.jar")) {
            Files.createFile(sparkHome.resolve("jars").resolve(jar));
        }
        environment.put("SPARK_HOME", sparkHome.toString());
    }

    /** Ctrl-C, instead of the next wait after all that happens meanwhile. */
    CommandLineFixture interruptedThen() {
        interrupts = true;
        return this;
    }

    /** What happens while the command waits, one thing each time. */
    CommandLineFixture meanwhile(Runnable event) {
        meanwhile.add(event);
        return this;
    }

    int run(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        if (!List.of("version", "help", "completion", "man").contains(args[0])) {
            all.add("-Dsparkconnect.staging.dir=" + staging.toUri());
        }
        Surroundings surroundings = new Surroundings(
                environment,
                new Terminal(new PrintWriter(data, true), new PrintWriter(talk, true), false),
                new TickingClock(),
                pause -> {
                    nowMs += pause.toMillis();
                    if (!meanwhile.isEmpty()) {
                        meanwhile.remove(0).run();
                    } else if (interrupts) {
                        throw new InterruptedException("Ctrl-C");
                    }
                },
                conf -> yarn,
                settings -> registry,
                () -> Optional.of(new ServiceJar(serviceJar)),
                speak -> () -> {});
        return Launcher.run(surroundings, all.toArray(String[]::new));
    }

    String data() {
        return data.toString();
    }

    String talk() {
        return talk.toString();
    }

    /** What the ApplicationMaster would have said. */
    static ServiceStatus status(ServiceState state, int ready, String message) {
        return new ServiceStatus(
                FakeYarn.NEW_ID,
                1,
                null,
                1,
                state,
                message,
                990_000,
                999_000,
                Map.of("default", new PoolStatus(2, ready, 2 - ready, 0, 3, 1, null)),
                List.of(
                        slot("default-0", SlotState.READY),
                        slot("default-1", ready == 2 ? SlotState.READY : SlotState.STARTING)),
                List.of(),
                null);
    }

    /** A service of one pool of two servers, at generation 5, and what its ApplicationMaster says of it. */
    CommandLineFixture running() {
        PoolSpec pool =
                PoolSpec.builder("default").spark(sparkHome.toString(), null).build();
        registry.spec =
                new ServiceSpec(5, "sparkconnect", "ann", DesiredState.RUNNING, 0, Map.of("default", pool), Map.of());
        yarn.applications.add(FakeYarn.application(FakeYarn.NEW_ID, "RUNNING", ""));
        return says(
                5,
                new PoolStatus(2, 2, 0, 0, 6, 0, null),
                slot("default-0", SlotState.READY),
                slot("default-1", SlotState.READY));
    }

    /** The ApplicationMaster's next word. */
    CommandLineFixture says(long generation, PoolStatus pool, SlotStatus... slots) {
        registry.status = new ServiceStatus(
                FakeYarn.NEW_ID,
                1,
                null,
                generation,
                pool.ready() >= pool.desired() ? ServiceState.READY : ServiceState.DEGRADED,
                pool.ready() >= pool.desired() ? "" : "servers are missing",
                990_000,
                999_000,
                Map.of("default", pool),
                List.of(slots),
                List.of(),
                null);
        return this;
    }

    /** The Spark at hand is one whose servers cannot count their sessions. */
    CommandLineFixture withSpark35() throws IOException {
        for (String part : List.of("core_2.1%s", "yarn_2.1%s", "connect_2.1%s")) {
            Path jars = sparkHome.resolve("jars");
            Files.move(
                    jars.resolve("spark-" + part.formatted("3-4.3.0") + ".jar"),
                    jars.resolve("spark-" + part.formatted("2-3.5.7") + ".jar"));
        }
        return this;
    }

    static ServiceStatus withState(@Nullable ServiceStatus status, ServiceState state, String message) {
        ServiceStatus said = Objects.requireNonNull(status);
        return new ServiceStatus(
                said.applicationId(),
                said.attempt(),
                said.webUrl(),
                said.generation(),
                state,
                message,
                said.launchedAtMs(),
                said.updatedAtMs(),
                said.pools(),
                said.slots(),
                said.decisions(),
                said.spreading());
    }

    static SlotStatus slot(String name, SlotState state) {
        return slotOn(name, state, "node-1:1");
    }

    static SlotStatus slotOn(String name, SlotState state, String node) {
        return new SlotStatus(
                name,
                "default",
                state,
                995_000,
                "container_" + name,
                node,
                "node-1:4000",
                3,
                0,
                1,
                2,
                1,
                "Spark starts",
                null,
                null,
                0);
    }

    private final class TickingClock extends Clock {
        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(nowMs);
        }
    }
}
