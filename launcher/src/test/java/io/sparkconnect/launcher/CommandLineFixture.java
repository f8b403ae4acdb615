/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolStatus;
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
import java.util.Optional;

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

    /** What happens while the command waits, one thing each time. */
    CommandLineFixture meanwhile(Runnable event) {
        meanwhile.add(event);
        return this;
    }

    int run(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        if (!List.of("version", "help").contains(args[0])) {
            all.add("-Dsparkconnect.staging.dir=" + staging.toUri());
        }
        Surroundings surroundings = new Surroundings(
                environment,
                new Terminal(new PrintWriter(data, true), new PrintWriter(talk, true)),
                new TickingClock(),
                pause -> {
                    nowMs += pause.toMillis();
                    if (!meanwhile.isEmpty()) {
                        meanwhile.remove(0).run();
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
                List.of());
    }

    private static SlotStatus slot(String name, SlotState state) {
        return new SlotStatus(
                name,
                "default",
                state,
                995_000,
                "container_" + name,
                "node-1:1",
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
