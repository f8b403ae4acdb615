/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Specs;
import io.sparkconnect.registry.DesiredState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastGoodSpecTest {
    @TempDir
    java.nio.file.Path staging;

    private LastGoodSpec lastGood;
    private Thread thread;

    @BeforeEach
    void start() {
        lastGood = new LastGoodSpec(new Configuration(), new Path(staging.toUri()));
        thread = new Thread(() -> {
            try {
                lastGood.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        thread.interrupt();
        thread.join(10_000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void theNextAttemptFindsTheSpecThatWasFollowedLast() throws Exception {
        assertThat(lastGood.read()).isEmpty();
        List<Event> passedOn = new ArrayList<>();
        Event changed = new Event.SpecChanged(Specs.servers(3, 7), Specs.POLICY);

        lastGood.keptFrom(passedOn::add).accept(changed);

        await().until(() -> nextAttempt().read().isPresent());
        assertThat(nextAttempt().read()).contains(Specs.servers(3, 7));
        assertThat(passedOn).containsExactly(changed);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(specs().get(0))))
                .as("a Spark configuration may hold secrets")
                .isEqualTo("rw-------");
    }

    @Test
    void keepsTheGenerationBeforeInCaseTheNewestWasNotWrittenToItsEnd() throws Exception {
        for (int generation = 9; generation <= 12; generation++) {
            keeps(generation);
        }
        await().until(() -> specs().size() == 2);

        Files.writeString(specs().get(1), "{\"generation\":12,");

        assertThat(nextAttempt().read()).contains(Specs.servers(1, 11));
    }

    @Test
    void anUnreadableDirectoryIsNoSpec() {
        Path nowhere = new Path(staging.resolve("nowhere").toUri());

        assertThat(new LastGoodSpec(new Configuration(), nowhere).read()).isEmpty();
    }

    @Test
    void aStopThatWasWishedIsRememberedToo() throws Exception {
        lastGood.keep(Specs.servers(1, 3).stopped(1000));

        await().until(() -> nextAttempt().read().isPresent());
        assertThat(nextAttempt().read().orElseThrow().desired()).isEqualTo(DesiredState.STOPPED);
    }

    private void keeps(int generation) {
        lastGood.keep(Specs.servers(1, generation));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> nextAttempt()
                        .read()
                        .filter(spec -> spec.generation() == generation)
                        .isPresent());
    }

    private LastGoodSpec nextAttempt() {
        return new LastGoodSpec(new Configuration(), new Path(staging.toUri()));
    }

    private List<java.nio.file.Path> specs() throws IOException {
        try (Stream<java.nio.file.Path> files = Files.list(staging)) {
            return files.filter(file -> file.getFileName().toString().startsWith("spec-"))
                    .sorted()
                    .toList();
        }
    }
}
