/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingChanges;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SetCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
        user.run("launch");
        user.says(1, new PoolStatus(2, 2, 0, 0, 0, 0, null));
    }

    @Test
    void whatTheApplicationMasterReadsCountsAtOnce() {
        int exit = user.run("set", "sparkconnect.drain.timeout=9m", "sparkconnect.sessions.per.server=7");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(spec().settings()).containsEntry("sparkconnect.drain.timeout", "9m");
        assertThat(pool().sessionsPerServer()).isEqualTo(7);
        assertThat(pool().rollout()).as("no server is started anew for that").isNull();
    }

    @Test
    void whatServersStartWithIsBroughtToThemOneByOne() {
        PoolSpec before = pool();

        int exit = user.run("set", "sparkconnect.server.memory=3g");

        assertThat(exit).isZero();
        assertThat(pool().driverMemoryMiB()).isEqualTo(3072);
        assertThat(Objects.requireNonNull(pool().rollout()).previous()).isEqualTo(before);
        assertThat(user.data())
                .contains("set sparkconnect.server.memory=3g", "bring that to the servers of pool default one by one");
    }

    @Test
    void unsetGoesBackToTheDefault() {
        user.run("set", "sparkconnect.drain.timeout=9m");

        user.run("set", "--unset", "sparkconnect.drain.timeout");
        user.run("set", "--unset", "sparkconnect.drain.timeout");

        assertThat(spec().settings()).doesNotContainKey("sparkconnect.drain.timeout");
        assertThat(user.data()).contains("set sparkconnect.drain.timeout to its default", "nothing to do");
    }

    @Test
    void refusesAllThatIsWrongAtOnce() {
        int exit = user.run(
                "set",
                "sparkconnect.server.memry=3g",
                "sparkconnect.drain.timeout=9",
                "sparkconnect.queue=other",
                "sparkconnect.spark.home=/x",
                "spark.executor.memory=2g",
                "sparkconnect.servers.min=20");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("sparkconnect.server.memry: unknown setting (did you mean sparkconnect.server.memory?")
                .contains("sparkconnect.drain.timeout: 9 (expected: duration with a unit")
                .contains("sparkconnect.queue: only a launch can change it")
                .contains("sparkconnect.spark.home: use `upgrade --spark-home`")
                .contains("spark.executor.memory: unknown setting"
                        + " (did you mean sparkconnect.server.conf.spark.executor.memory?)");
        assertThat(user.run("set", "sparkconnect.servers.min=20")).isEqualTo(2);
        assertThat(user.run("set", "--unset", "sparkconnect.no.such")).isEqualTo(2);
        assertThat(user.run("set")).isEqualTo(2);
        assertThat(spec().generation()).isEqualTo(1);
    }

    @Test
    void refusesServersThatNoNodeAndNoQueueCanHold() {
        assertThat(user.run("set", "sparkconnect.server.memory=20g")).isEqualTo(2);
        assertThat(user.talk()).contains("a server's container of 22528 MiB", "larger than YARN's maximum of 8192 MiB");
        assertThat(user.run("set", "sparkconnect.server.memory=6g")).isEqualTo(2);
        assertThat(user.talk()).contains("sparkconnect.queue: sparkconnect may grow to 6553 MiB (40 % of 16384 MiB)");
        assertThat(user.run("set", "sparkconnect.executors.queue=defualt")).isEqualTo(2);

        assertThat(user.talk()).contains("sparkconnect.executors.queue: defualt (no such queue; did you mean default?");
        assertThat(spec().generation()).isEqualTo(1);
    }

    @Test
    void warnsOfServersThatCannotCountTheirSessionsWhenTheirDeadlineGoes() throws IOException {
        user.withSpark35();
        user.run("set", "sparkconnect.scaling.in.drain.timeout=12h");
        assertThat(user.talk()).doesNotContain("cannot count its sessions");

        user.run("set", "--unset", "sparkconnect.scaling.in.drain.timeout");

        assertThat(user.talk())
                .contains(
                        "warning: pool default: Spark 3.5.7 cannot count its sessions: once a proxy has restarted, a server that is"
                                + " given up drains without end, unless sparkconnect.scaling.in.drain.timeout is set (12h, say)");
    }

    @Test
    void warnsOfServersThatWillHaveToWait() {
        assertThat(user.run("set", "sparkconnect.servers.min=4", "sparkconnect.server.memory=2g"))
                .isZero();

        assertThat(user.talk())
                .contains("warning: queue sparkconnect may grow to 6553 MiB")
                .contains("but sparkconnect.servers.min is 4; the others will wait");
        assertThat(spec().generation()).isEqualTo(2);
    }

    @Test
    void doesNotJudgeWhatItLeavesAsItIs() {
        user.yarn.queues.removeIf(queue -> queue.name().equals("sparkconnect"));

        assertThat(user.run("set", "sparkconnect.drain.timeout=9m"))
                .as(user.talk())
                .isZero();
    }

    @Test
    void worksWhileTheResourceManagerIsAway() {
        user.yarn.away = "the ResourceManager (rm:8032) cannot be reached";

        assertThat(user.run("set", "sparkconnect.server.memory=3g")).isZero();

        assertThat(user.talk()).contains("warning: whether the cluster has room is not checked: the ResourceManager");
    }

    static Stream<Setting<?>> whatAPoolIsMadeOf() {
        return SettingChanges.ofEachPool().stream();
    }

    /** Else it would be set, and nothing would come of it. */
    @ParameterizedTest
    @MethodSource("whatAPoolIsMadeOf")
    void bringsEachSettingOfAPoolToItOrSaysWhichCommandDoes(Setting<?> setting) {
        user.yarn.away = "not asked here";
        PoolSpec before = pool();
        String key = setting.name().replace("*", "X");

        boolean changed = Stream.of("7", "7m", "700m", "false", "other")
                .anyMatch(value -> user.run("set", key + "=" + value) == 0 && !pool().equals(before));

        assertThat(changed || user.talk().contains(key + ": use `upgrade --"))
                .as(user.talk())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sparkconnect.server.health.interval=7s", "sparkconnect.server.health.failures=10"})
    void theHealthQuestionsFollowAtOnce(String setting) {
        assertThat(user.run("set", setting)).isZero();
        assertThat(user.talk()).doesNotContain("next attempt");
    }

    @Test
    void saysWhatCountsOnlyFromTheNextAttemptOn() {
        user.run("set", "sparkconnect.am.heartbeat=2s");

        assertThat(user.talk())
                .contains("warning: sparkconnect.am.heartbeat counts from the ApplicationMaster's next attempt on");
    }

    @Test
    void refusesWhatOnlyTheProxiesRead() {
        int exit = user.run("set", "sparkconnect.proxy.listen=0.0.0.0:15003", "sparkconnect.drain.timeout=9m");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk()).contains("sparkconnect.proxy.listen: a setting of the proxies");
        assertThat(spec().generation()).isEqualTo(1);
    }

    @Test
    void takesOutAKeyOfTheProxiesThatHasGotIn() {
        Map<String, String> settings = new TreeMap<>(spec().settings());
        settings.put("sparkconnect.proxy.listen", "0.0.0.0:15003");
        user.registry.spec = spec().withSettings(settings);

        int exit = user.run("set", "--unset", "sparkconnect.proxy.listen");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(spec().settings()).doesNotContainKey("sparkconnect.proxy.listen");
    }

    @Test
    void saysHowASettingIsWritten() {
        int exit = user.run("set", "sparkconnect.drain.timeout", "=9m", "a=1", "a=2");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains(
                        "error: sparkconnect.drain.timeout (expected: key=value)",
                        "error: =9m (expected: key=value)",
                        "error: a: is given twice");
    }

    @Test
    void waitingShowsWhyTheApplicationMasterDoesNotFollow() {
        ServiceStatus now = Objects.requireNonNull(user.registry.status);
        user.registry.status = new ServiceStatus(
                now.applicationId(),
                now.attempt(),
                now.webUrl(),
                now.generation(),
                now.state(),
                now.message(),
                now.launchedAtMs(),
                now.updatedAtMs(),
                now.pools(),
                now.slots(),
                List.of(new Decision(0, "keeps generation 1: the spec cannot be followed: of a newer launcher")),
                now.spreading());

        assertThat(user.run("set", "sparkconnect.drain.timeout=9m", "--wait=3s"))
                .isEqualTo(4);

        assertThat(user.talk())
                .contains(
                        "the ApplicationMaster to read generation 2, which keeps generation 1: the spec cannot be followed:"
                                + " of a newer launcher");
    }

    private ServiceSpec spec() {
        return Objects.requireNonNull(user.registry.spec);
    }

    private PoolSpec pool() {
        return Objects.requireNonNull(spec().pools().get("default"));
    }
}
