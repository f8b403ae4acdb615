/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SessionBinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionsCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
        user.registry.sessions.add(new SessionBinding("ann", "s-1", "container_default-0", 400_000, 940_000));
        user.registry.sessions.add(new SessionBinding("bob", "s-2", "container_default-1", 400_000, 990_000));
        user.registry.sessions.add(new SessionBinding("", "s-3", "container_7", 100_000, 100_000));
    }

    @Test
    void listsThemWithServerAndAges() {
        int exit = user.run("sessions");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.data())
                .contains("USER", "SESSION", "SERVER", "AGE", "LAST USE")
                .containsPattern("ann +s-1 +default-0 +10m0s +1m0s")
                .containsPattern("bob +s-2 +default-1 +10m0s +10s")
                .containsPattern("- +s-3 +gone +15m0s");
        assertThat(user.talk()).contains("3 sessions of 3 users");
    }

    @Test
    void filtersByUserAndServer() {
        user.run("sessions", "--user", "bob", "-o", "name");
        assertThat(user.data().strip()).isEqualTo("bob/s-2");
        user.run("sessions", "--server", "default-0", "--no-headers");
        user.run("sessions", "--server", "container_7");

        assertThat(user.data()).containsOnlyOnce("s-1").containsOnlyOnce("s-3").containsOnlyOnce("s-2");
    }

    @Test
    void namesTheNearestServer() {
        assertThat(user.run("sessions", "--server", "default-9")).isEqualTo(3);
        assertThat(user.talk()).contains("no server or node default-9 (did you mean default-0?");
    }

    @Test
    void printsAWholeDocumentInJsonAndYaml() throws IOException {
        user.run("sessions", "-o", "json");
        assertThat(new com.fasterxml.jackson.databind.ObjectMapper().readTree(user.data()))
                .hasSize(3)
                .allSatisfy(session ->
                        assertThat(session.get("createdAtMs").isNumber()).isTrue());
        CommandLineFixture again = new CommandLineFixture(Files.createDirectory(directory.resolve("again"))).running();
        again.registry.sessions.addAll(user.registry.sessions);

        again.run("sessions", "-o", "yaml");

        assertThat(new com.fasterxml.jackson.dataformat.yaml.YAMLMapper().readTree(again.data()))
                .hasSize(3);
    }

    @Test
    void countsByServer() {
        user.registry.sessions.add(new SessionBinding("ann", "s-4", "container_default-0", 1, 1));

        user.run("sessions", "--count");

        assertThat(user.data())
                .containsPattern("default-0 +container_default-0 +2")
                .containsPattern("all +- +4");
    }
}
