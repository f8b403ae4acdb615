/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillSessionCommandTest {
    private static final String ONE = "1111aaaa-0000-0000-0000-000000000001";
    private static final String TWIN = "1111aaaa-0000-0000-0000-000000000002";
    private static final String OTHER = "2222bbbb-0000-0000-0000-000000000003";

    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
        user.registry.proxies.add(new ProxyRecord("p", "host:15002", "", 0, 0, 0, 0, Map.of(), Map.of()));
        bind("ann", ONE, "container_default-0");
        bind("ann", TWIN, "container_default-1");
        bind("bob", OTHER, "container_default-1");
    }

    @Test
    void writesWhoEndsWhichSessionAndWhy() {
        int exit = user.run("kill-session", OTHER, "--reason", "it holds all executors");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.registry.kills).singleElement().satisfies(kill -> {
            assertThat(kill.by()).isEqualTo(System.getProperty("user.name"));
            assertThat(kill.reason()).isEqualTo("it holds all executors");
            assertThat(kill.sessions())
                    .containsExactly(new SessionKill.KilledSession("bob", OTHER, "container_default-1"));
        });
        assertThat(user.data()).containsPattern("KILLED +USER +SERVER").containsPattern(OTHER + " +bob +default-1");
    }

    @Test
    void takesTheBeginningOfAnIdThatNoOtherHas() {
        assertThat(user.run("kill-session", "2222")).as(user.talk()).isZero();

        assertThat(killed()).containsExactly(OTHER);
    }

    @Test
    void listsThoseThatABeginningMayMean() {
        assertThat(user.run("kill-session", "1111aaaa", "9999")).isEqualTo(2);

        assertThat(user.talk())
                .contains("session 1111aaaa may be any of 2 (give more of it):")
                .contains("ann/" + ONE + " on default-0", "ann/" + TWIN + " on default-1")
                .contains("no session 9999 (`sessions` lists them)");
        assertThat(user.registry.kills).isEmpty();
    }

    @Test
    void refusesABeginningThatIsTooShortToBeMeant() {
        assertThat(user.run("kill-session", "22")).isEqualTo(2);

        assertThat(user.talk()).contains("session 22: too short to be sure (expected: at least 4 characters)", OTHER);
    }

    @Test
    void tellsUsersWithTheSameSessionIdApart() {
        bind("bob", ONE, "container_default-1");

        assertThat(user.run("kill-session", ONE)).isEqualTo(2);
        assertThat(user.talk()).contains("ann/" + ONE, "bob/" + ONE);
        assertThat(user.run("kill-session", "bob/" + ONE)).isZero();
        assertThat(user.run("kill-session", ONE, "--user", "ann")).isZero();

        assertThat(user.registry.kills)
                .flatExtracting(SessionKill::sessions)
                .extracting(SessionKill.KilledSession::userId)
                .containsExactly("bob", "ann");
    }

    @Test
    void namesTheNearestSession() {
        assertThat(user.run("kill-session", OTHER.replace('b', 'c'))).isEqualTo(3);

        assertThat(user.talk()).contains("did you mean " + OTHER + "?");
    }

    @Test
    void namesTheNearestSessionOfWhichOnlyTheBeginningIsTyped() {
        assertThat(user.run("kill-session", "2223bb")).isEqualTo(3);

        assertThat(user.talk()).contains("no session 2223bb (did you mean " + OTHER + "? `sessions` lists them)");
    }

    @Test
    void namesNoSessionAndNoUserThatIsNowhereNear() {
        assertThat(user.run("kill-session", "0b9b5ce2-6d1c-4b0e-9f3a-2f6f2c1d7a10"))
                .isEqualTo(3);
        assertThat(user.run("kill-session", "7f7f7f")).isEqualTo(3);
        assertThat(user.run("kill-session", "--user", "margaret")).isEqualTo(3);

        assertThat(user.talk())
                .contains("no session 7f7f7f (`sessions` lists them)", "user margaret has no session")
                .doesNotContain("did you mean");
    }

    @Test
    void endsAllOfAUserOrThoseOnOneServer() {
        user.run("kill-session", "--user", "ann", "--server", "default-0");
        assertThat(killed()).containsExactly(ONE);
        user.run("kill-session", "--user", "ann");

        assertThat(killed()).containsExactlyInAnyOrder(ONE, ONE, TWIN);
    }

    @Test
    void namesTheNearestUser() {
        assertThat(user.run("kill-session", "--user", "bobb")).isEqualTo(3);

        assertThat(user.talk()).contains("user bobb has no session (did you mean bob?)");
    }

    @Test
    void isAskedForWhichAndDoesNotEndAWholeServer() {
        assertThat(user.run("kill-session")).isEqualTo(2);
        assertThat(user.run("kill-session", "--server", "default-0")).isEqualTo(2);

        assertThat(user.talk()).contains("which session?", "`drain default-0 --now` ends all sessions of a server");
    }

    @Test
    void endsNothingWithDryRun() {
        assertThat(user.run("kill-session", "--user", "ann", "--dry-run")).isZero();

        assertThat(user.data()).contains("WOULD KILL", ONE, TWIN);
        assertThat(user.registry.kills).isEmpty();
    }

    @Test
    void canBeRepeated() {
        user.run("kill-session", OTHER);
        user.registry.sessions.removeIf(session -> session.sessionId().equals(OTHER));

        assertThat(user.run("kill-session", OTHER)).isZero();
        assertThat(user.run("kill-session", "--user", "bob")).isZero();

        assertThat(user.data()).contains("session bob/" + OTHER + " was killed before", "nothing to do");
        assertThat(user.registry.kills).hasSize(1);
    }

    @Test
    void waitsForTheProxies() {
        user.meanwhile(() -> {}).meanwhile(() -> user.registry.away = true).meanwhile(() -> {
            user.registry.away = false;
            user.registry.sessions.removeIf(session -> session.userId().equals("ann"));
        });

        assertThat(user.run("kill-session", "--user", "ann", "--wait")).isZero();

        assertThat(user.talk()).contains("waits for the proxies to end 2 sessions", "waits for ZooKeeper: ");
        assertThat(user.data()).contains("2 sessions ended");
    }

    @Test
    void saysWhenTheyHaveNotEndedInTime() {
        assertThat(user.run("kill-session", OTHER, "--wait=5s")).isEqualTo(4);

        assertThat(user.talk()).contains("not ended within 5s: waits for the proxies to end 1 session");
    }

    @Test
    void warnsWhenNoProxyIsThereToDoIt() {
        user.registry.proxies.clear();

        assertThat(user.run("kill-session", OTHER)).isZero();

        assertThat(user.talk()).contains("warning: no proxy is registered");
    }

    @Test
    void isSeenInEvents() {
        user.run("kill-session", OTHER, "--reason", "it holds all executors");
        user.run("kill-session", "--user", "ann");

        user.run("events", "--kind", "kill");

        assertThat(user.data())
                .contains(": killed session " + OTHER + " of bob: it holds all executors")
                .contains(": killed 2 sessions of ann");
    }

    @Test
    void printsRecordsAndNames() throws IOException {
        user.run("kill-session", OTHER, "-o", "name");
        assertThat(user.data().strip()).isEqualTo("bob/" + OTHER);
        CommandLineFixture again = new CommandLineFixture(Files.createDirectory(directory.resolve("again"))).running();
        again.registry.sessions.addAll(user.registry.sessions);

        again.run("kill-session", OTHER, "-o", "json", "--dry-run");

        JsonNode answer = new ObjectMapper().readTree(again.data());
        assertThat(answer.get("dryRun").asBoolean()).isTrue();
        assertThat(answer.get("sessions")).hasSize(1);
        assertThat(answer.get("sessions").get(0).get("server").asText()).isEqualTo("default-1");
    }

    private void bind(String userId, String sessionId, String serverId) {
        user.registry.sessions.add(new SessionBinding(userId, sessionId, serverId, 400_000, 940_000));
    }

    private List<String> killed() {
        return user.registry.kills.stream()
                .flatMap(kill -> kill.sessions().stream())
                .map(SessionKill.KilledSession::sessionId)
                .toList();
    }
}
