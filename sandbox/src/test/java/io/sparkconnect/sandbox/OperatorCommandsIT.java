/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static io.sparkconnect.sandbox.RunningService.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.sandbox.RunningService.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An operator at a shell, a real YARN with the real ApplicationMaster, and servers that start in a second. */
@ExtendWith(RunningService.class)
class OperatorCommandsIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CLI = "scripts/sparkconnect.sh ";

    private static final int DEGRADED = 6;
    private static final String SESSION = "0b9b5ce2-6d1c-4b0e-9f3a-2f6f2c1d7a10";

    /** Lines of the pages' blocks that need a build, a proxy of their own or a terminal. */
    private static final Set<String> NOT_RUN = Set.of(
            "mvn -DskipTests package",
            "scripts/sparkconnect-proxy.sh start",
            "scripts/sparkconnect-proxy.sh status",
            "scripts/sparkconnect-proxy.sh reload",
            "man sparkconnect-scale");

    private static final Pattern COMMAND = Pattern.compile(
            "`((?:scale|drain|restart|upgrade|rollback|set|sessions|kill-session|status|events) [^`]+|rollback)`");

    private final Service sandbox;
    private LightService service;

    OperatorCommandsIT(Service sandbox) {
        this.sandbox = sandbox;
    }

    @BeforeEach
    void beside() throws Exception {
        service = LightService.beside(sandbox.cluster(), sandbox.spark().projectHome());
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
    }

    /** The pages' blocks in the order of a service's life: install it, use every command, stop it. */
    @Test
    void everyBlockOfThePagesRunsAsItIsPrinted() throws Exception {
        for (String line : blocksOf("install.md")) {
            runs(line);
            if (line.endsWith(" stop")) {
                break;
            }
        }
        runs("yarn jar launcher/target/sparkconnect-yarn-*.jar launch --wait");
        service.bind(new SessionBinding("ann", SESSION, serverIds().get(0), 1, 2));
        for (String line : blocksOf("cli.md")) {
            runs(line);
        }
        for (String line : blocksOf("operations.md")) {
            runs(line);
        }
        assertThat(service.type(CLI + "status").exitCode()).as("it is stopped").isEqualTo(3);
    }

    /** Those of a table stand for themselves: each finds what the earlier ones have left. */
    @Test
    void everyCommandOfTheTablesRunsAsItIsPrinted() throws Exception {
        runs(CLI + "launch --wait=4m");
        service.bind(new SessionBinding("ann", SESSION, serverIds().get(0), 1, 2));
        String node = JSON.readTree(runs(CLI + "status -o json").data())
                .at("/status/slots/0/node")
                .asText();
        Map<String, String> hereCalled = Map.of(
                "/opt/",
                service.sparksBelow("spark-4.3", "spark-3.5.7", "spark-3.5.8") + "/",
                "node-7",
                node,
                "SESSION",
                SESSION);
        List<String> lines = new ArrayList<>(tableOf("operations.md", "| I want to | command |"));
        lines.addAll(blocksOf("pools.md"));
        lines.addAll(tableOf("pools.md", "| wish | command |"));

        for (String line : lines) {
            String typed = line;
            for (Map.Entry<String, String> there : hereCalled.entrySet()) {
                typed = typed.replace(there.getKey(), there.getValue());
            }
            // A restart is refused in the middle of an upgrade.
            LauncherRun run = service.type(typed + (line.contains(" upgrade --pool ") ? " --wait=4m" : ""));
            assertThat(run.exitCode())
                    .as(typed + "\n" + run.data() + run.talk())
                    .isIn(0, DEGRADED);
        }
    }

    @Test
    void seesWhatItsCommandsBringAbout() throws Exception {
        runs(CLI + "launch --wait=4m");
        assertThat(serverIds()).hasSize(1);

        assertThat(runs(CLI + "scale --min 2 --max 3 --dry-run").data()).contains("would ");
        assertThat(serverIds()).hasSize(1);
        JsonNode scaled = JSON.readTree(
                runs(CLI + "scale --min 2 --max 3 --wait=4m -o json").data());
        assertThat(scaled.get("changed").asBoolean()).isTrue();
        assertThat(serverIds()).hasSize(2);
        assertThat(runs(CLI + "scale --min 2 --max 3 --wait=4m").data()).contains("nothing to do");

        for (String server : List.of("default-0", "default-1")) {
            // On two nodes: each has the log of its own server.
            assertThat(runs(CLI + "logs " + server + " --tail 16").data()).contains("light server container_");
        }
        ends(1, "logs default-0 --file no-such-file", "cannot be shown: http://", "yarn logs -applicationId ");

        List<String> before = serverIds();
        runs(CLI + "drain default-0 --now --wait=4m");
        runs(CLI + "scale --min 2 --max 3 --wait=4m");
        assertThat(serverIds()).hasSize(2).contains(before.get(1)).doesNotContain(before.get(0));

        List<String> good = serverIds();
        service.failStarts(true);
        LauncherRun bad = service.type(CLI + "upgrade --conf spark.no.such=1 --wait=5m");
        assertThat(bad.exitCode()).as(bad.talk()).isEqualTo(1);
        assertThat(bad.talk()).contains("given up, what worked before goes on");
        assertThat(serverIds()).isEqualTo(good);
        service.failStarts(false);
        runs(CLI + "rollback --wait=4m");
        assertThat(serverIds()).isEqualTo(good);
        assertThat(runs(CLI + "events").data())
                .contains(
                        "scale pool default", "drain server default-0", "IllegalArgumentException: bad configuration");
    }

    @Test
    void endsWithTheCodeThatThePageNames() throws Exception {
        ends(3, "status");
        runs(CLI + "launch --wait=4m");
        ends(2, "launch", "service light is there already");
        ends(2, "scale --min 5 --max 2");
        ends(2, "scale --mni 5", "Unknown option");
        ends(2, "set sparkconnect.server.memory=64g", "larger than YARN's maximum");
        ends(3, "drain default-7", "did you mean default-0?");
        ends(3, "kill-session 0b9b5ce2", "no session 0b9b5ce2");
        ends(3, "sessions -s lihgt", "did you mean light?");
        ends(1, "scale --min 2 --if-generation 99", "not 99");
        service.bind(new SessionBinding("ann", SESSION, "container_1", 1, 2));
        ends(4, "kill-session --user ann --wait=1s", "not ended within 1s");

        ends(0, "status --check");
        service.failStarts(true);
        ends(0, "drain default-0 --now");
        await().atMost(SOON).pollInterval(Duration.ofSeconds(2)).untilAsserted(() -> ends(6, "status --check"));
    }

    private void ends(int code, String command, String... saying) throws Exception {
        LauncherRun run = service.type(CLI + command);
        assertThat(run.exitCode()).as(command + "\n" + run.data() + run.talk()).isEqualTo(code);
        for (String text : saying) {
            assertThat(run.talk()).contains(text);
        }
    }

    private LauncherRun runs(String line) throws Exception {
        LauncherRun run = service.type(line);
        if (line.contains(" drain ") && run.exitCode() == DEGRADED) {
            assertThat(run.talk())
                    .as("drained, and the replacement is on its way")
                    .contains("the service is DEGRADED");
            return run;
        }
        assertThat(run.exitCode()).as(line + "\n" + run.data() + run.talk()).isZero();
        return run;
    }

    /** Container ids of the ready servers, by slot. */
    private List<String> serverIds() throws Exception {
        List<String> ids = new ArrayList<>();
        for (JsonNode slot : JSON.readTree(runs(CLI + "status -o json").data()).at("/status/slots")) {
            if (slot.path("state").asText().equals("READY")) {
                ids.add(slot.path("serverId").asText());
            }
        }
        return ids;
    }

    private List<String> blocksOf(String page) throws IOException {
        List<String> lines = new ArrayList<>();
        boolean inside = false;
        for (String line : linesOf(page)) {
            if (line.startsWith("```")) {
                inside = line.equals("```bash");
            } else if (inside && !line.isBlank() && !NOT_RUN.contains(line)) {
                lines.add(line);
            }
        }
        assertThat(lines).as("commands in " + page).isNotEmpty();
        return lines;
    }

    /** The commands in the second column. */
    private List<String> tableOf(String page, String heading) throws IOException {
        List<String> commands = new ArrayList<>();
        boolean inside = false;
        for (String line : linesOf(page)) {
            inside = line.startsWith("|") && (inside || line.startsWith(heading));
            if (inside && !line.startsWith("|---")) {
                Matcher span = COMMAND.matcher(line.split(" \\| ", 3)[1]);
                while (span.find()) {
                    commands.add(CLI + span.group(1));
                }
            }
        }
        assertThat(commands).as("commands below " + heading).hasSizeGreaterThan(5);
        return commands;
    }

    /** A line that goes on is one with the next. */
    private List<String> linesOf(String page) throws IOException {
        Path file = sandbox.spark().projectHome().resolve("docs").resolve(page);
        return Files.readString(file).replace("\\\n", "").lines().toList();
    }
}
