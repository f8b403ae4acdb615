/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static io.sparkconnect.proxy.main.WireAnswers.agrees;
import static io.sparkconnect.proxy.main.WireAnswers.isOperationNotFound;
import static io.sparkconnect.proxy.main.WireAnswers.isReleased;
import static io.sparkconnect.proxy.main.WireAnswers.isSessionChanged;
import static io.sparkconnect.proxy.main.WireAnswers.isUnavailable;
import static io.sparkconnect.proxy.main.WireAnswers.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.testkit.FakeSparkServer;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.PublishedFleet;
import io.sparkconnect.proxy.testkit.RawClient;
import io.sparkconnect.proxy.testkit.WireClient;
import io.sparkconnect.proxy.testkit.WireClient.Answer;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.settings.SettingValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the proxy answers itself, as it comes out of the socket: a row of the answers' table in docs/architecture.md each, all of
 * its columns within. Real ZooKeeper, real sockets, a gRPC stack at both ends.
 */
class AnswersOnTheWireTest {
    private static final List<String> UNARY =
            List.of("Config", "AnalyzePlan", "Interrupt", "GetStatus", "FetchErrorDetails", "CloneSession");
    private static final List<String> UPLOADS = List.of("AddArtifacts", "ArtifactStatus");
    private static final List<String> RELEASES = List.of("ReleaseExecute", "ReleaseSession");
    /** What a client may send before its request has a server: HTTP/2's default. */
    private static final int WINDOW = 65_535;

    private static final int FRAME = 16_384;
    private static final int FLOW_CONTROL_ERROR = 3;
    private static final Duration SOON = Duration.ofSeconds(60);

    private final List<AutoCloseable> parts = new ArrayList<>();
    private PublishedFleet fleet;
    private FakeSparkServer server;

    @BeforeEach
    void open() throws Exception {
        fleet = add(PublishedFleet.open());
        server = add(FakeSparkServer.start("container_1"));
    }

    @AfterEach
    void close() throws Exception {
        for (int i = parts.size() - 1; i >= 0; i--) {
            parts.get(i).close();
        }
    }

    // Row (a): no server yet, and the session has none.

    @Test
    void holdsWhatNeedsAServerAndThenSaysUnavailableWithRetryInfo() throws Exception {
        WireClient client = client(proxy(Map.of("sparkconnect.proxy.hold.time", "500ms")));

        for (Map.Entry<String, Answer> answer :
                callAll(client, with(UNARY, "ExecutePlan")).entrySet()) {
            isUnavailable(answer.getKey(), answer.getValue());
            assertThat(answer.getValue().text()).startsWith("No Spark Connect server is ready to take a new session");
        }
    }

    @Test
    void holdsUploadsUntilAServerComesForTheyAreNeverRepeated() throws Exception {
        WireClient client = client(proxy(Map.of("sparkconnect.proxy.hold.time", "100ms")));
        Map<String, CompletableFuture<Answer>> uploads = new LinkedHashMap<>();
        UPLOADS.forEach(method -> uploads.put(method, client.begin(method, request(UUID.randomUUID()))));
        isUnavailable("Config", client.call("Config", request(UUID.randomUUID())));

        fleet.publish(server);

        for (CompletableFuture<Answer> upload : uploads.values()) {
            assertThat(upload.get(60, TimeUnit.SECONDS).message()).isEqualTo("container_1");
        }
    }

    @Test
    void sendsAReattachOfAnUnplacedSessionBackToExecutePlanWithAndWithoutServers() throws Exception {
        ProxyServer proxy = proxy(Map.of());
        WireClient client = client(proxy);
        isOperationNotFound(client);

        fleet.publish(server);
        awaitServers(proxy, 1);

        isOperationNotFound(client);
        assertThat(server.sessions()).isEmpty();
    }

    @Test
    void answersReleasesOfUnplacedSessionsWithOkAndTheirSessionId() throws Exception {
        ProxyServer proxy = proxy(Map.of());
        WireClient client = client(proxy);
        RELEASES.forEach(method -> isReleased(client, method, UUID.randomUUID()));

        fleet.publish(server);
        awaitServers(proxy, 1);

        RELEASES.forEach(method -> isReleased(client, method, UUID.randomUUID()));
    }

    @Test
    void showsNoErrorToFiftyClientsOfAnEmptyPoolWhenServersCome() throws Exception {
        ProxyServer proxy = proxy(Map.of());
        List<CompletableFuture<Answer>> first = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            WireClient client = client(proxy);
            UUID session = UUID.randomUUID();
            first.add(client.begin("Config", request(session))
                    .thenCompose(answer ->
                            client.begin("ExecutePlan", request(session)).thenApply(second -> same(answer, second))));
        }
        await().atMost(SOON).until(() -> metric(proxy, "held_streams") == 50);

        fleet.publish(server, add(FakeSparkServer.start("container_2")));

        List<String> homes = new ArrayList<>();
        for (CompletableFuture<Answer> answer : first) {
            homes.add(answer.get(60, TimeUnit.SECONDS).message());
        }
        assertThat(homes).hasSize(50);
        assertThat(homes.stream().filter("container_1"::equals).count()).isBetween(20L, 30L);
    }

    // Row (b): the session's server died.

    @Test
    void tellsEveryCallOfALostSessionWhatBecameOfItsServer() throws Exception {
        ProxyServer proxy = proxy(Map.of());
        fleet.publish(server, add(FakeSparkServer.start("container_2")));
        awaitServers(proxy, 2);
        WireClient client = client(proxy);
        UUID session = sessionOn(client, "container_1");

        fleet.certify(server, DeathCause.HEAP_EXHAUSTED, 56);
        server.kill();
        awaitServers(proxy, 1);

        List<String> methods =
                with(UNARY, "ExecutePlan", "ReattachExecute", "AddArtifacts", "ArtifactStatus", "BatchExecutePlan");
        for (String method : methods) {
            isSessionChanged(client.call(method, request(session)), session, "ran out of heap", "exit status 56");
        }
        RELEASES.forEach(method -> isReleased(client, method, session));
    }

    // Row: the connection to the server broke, and it may be alive.

    @Test
    void saysUnavailableWhileTheServerCannotBeReachedButLetsReleasesEnd() throws Exception {
        ProxyServer proxy = proxy(Map.of("sparkconnect.proxy.connect.timeout", "2s"));
        fleet.publish(server);
        awaitServers(proxy, 1);
        WireClient client = client(proxy);
        UUID session = sessionOn(client, "container_1");
        server.kill(); // it is registered still, and has no certificate

        for (String method : with(UNARY, "ExecutePlan", "ReattachExecute", "AddArtifacts", "ArtifactStatus")) {
            Answer answer = client.call(method, request(session));
            assertThat(answer.code()).as(method).isEqualTo(14);
            assertThat(answer.text()).as(method).contains("container_1");
        }
        List<Integer> releases = new ArrayList<>();
        await().atMost(SOON).pollInterval(Duration.ofMillis(300)).until(() -> {
            releases.add(client.call("ReleaseSession", request(session)).code());
            return releases.get(releases.size() - 1) == 0;
        });
        assertThat(releases.subList(0, releases.size() - 1)).allMatch(code -> code == 14);
        isReleased(client, "ReleaseExecute", session);
    }

    // Row (c): limits.

    @Test
    void saysResourceExhaustedAndWhyWhenEveryServerIsFullButLimitsNoRelease() throws Exception {
        ProxyServer proxy = proxy(Map.of());
        fleet.publish(server, ServerState.READY, 1);
        awaitServers(proxy, 1);
        WireClient client = client(proxy);
        UUID seated = sessionOn(client, "container_1");

        for (Map.Entry<String, Answer> answer : callAll(
                        client, with(UNARY, "ExecutePlan", "AddArtifacts", "ArtifactStatus"))
                .entrySet()) {
            agrees(answer.getValue(), 8);
            assertThat(answer.getValue().text())
                    .as(answer.getKey())
                    .contains("1 ready, 1 sessions in all", "sparkconnect.servers.max");
        }
        isOperationNotFound(client);
        RELEASES.forEach(method -> isReleased(client, method, UUID.randomUUID()));
        assertThat(client.call("Interrupt", request(seated)).message()).isEqualTo("container_1");
    }

    @Test
    void limitsWaitingStreamsButNeitherReleasesNorInterrupts() throws Exception {
        ProxyServer proxy = proxy(Map.of("sparkconnect.proxy.hold.streams", "3"));
        WireClient client = client(proxy);
        List<CompletableFuture<Answer>> waiting = IntStream.range(0, 3)
                .mapToObj(i -> client.begin("ExecutePlan", request(UUID.randomUUID())))
                .toList();
        await().atMost(SOON).until(() -> metric(proxy, "waiting_streams") == 3);

        Answer tooMany = client.call("Config", request(UUID.randomUUID()));
        CompletableFuture<Answer> interrupt = client.begin("Interrupt", request(UUID.randomUUID()));
        RELEASES.forEach(method -> isReleased(client, method, UUID.randomUUID()));
        await().atMost(SOON).until(() -> metric(proxy, "waiting_streams") == 4);
        fleet.publish(server);

        isUnavailable("Config", tooMany);
        assertThat(tooMany.text()).contains("Too many requests wait");
        assertThat(interrupt.get(60, TimeUnit.SECONDS).message()).isEqualTo("container_1");
        for (CompletableFuture<Answer> held : waiting) {
            assertThat(held.get(60, TimeUnit.SECONDS).message()).isEqualTo("container_1");
        }
    }

    @Test
    void keepsNoMoreThanAWindowOfARequestThatWaits() throws Exception {
        ProxyServer proxy = proxy(Map.of());
        byte[] message = Grpc.request(UUID.randomUUID().toString(), "tester", new byte[1 << 20]);
        byte[] body = Grpc.framed(message);
        try (RawClient client = new RawClient(proxy.addresses().get(0))) {
            client.call(1, "ExecutePlan");
            for (int from = 0; from < WINDOW; from += FRAME) {
                client.send(RawClient.DATA, 0, 1, Arrays.copyOfRange(body, from, Math.min(from + FRAME, WINDOW)));
            }
            await().atMost(SOON).until(() -> metric(proxy, "waiting_streams") == 1);

            client.send(RawClient.DATA, 0, 1, new byte[1]);

            RawClient.Frame reset = client.await(RawClient.RST_STREAM);
            assertThat(reset).isNotNull();
            assertThat(reset.stream()).isEqualTo(1);
            assertThat(reset.payload().readInt()).isEqualTo(FLOW_CONTROL_ERROR);
        }
    }

    // Row (d): the session's server drains.

    @Test
    void sendsEveryCallOfASessionToItsDrainingServer() throws Exception {
        ProxyServer proxy = proxy(Map.of());
        fleet.publish(server);
        awaitServers(proxy, 1);
        WireClient client = client(proxy);
        UUID session = sessionOn(client, "container_1");

        fleet.publish(server, ServerState.DRAINING, 60);
        fleet.publish(add(FakeSparkServer.start("container_2")));
        sessionOn(client, "container_2");

        for (String method : with(
                UNARY,
                "ExecutePlan",
                "ReattachExecute",
                "AddArtifacts",
                "ArtifactStatus",
                "ReleaseExecute",
                "ReleaseSession")) {
            assertThat(client.call(method, request(session)).message())
                    .as(method)
                    .isEqualTo("container_1");
        }
    }

    // Sessions that nobody has written down, and idle ones.

    @Test
    void locatesASessionThatHasSeenAServerBeforeItIsRefused() throws Exception {
        String servers = "127.0.0.1:" + server.port() + ",127.0.0.1:"
                + add(FakeSparkServer.start("container_2")).port();
        UUID session = UUID.randomUUID();
        String home;
        try (ProxyServer first = ProxyServer.start(configuration(Map.of("sparkconnect.proxy.servers", servers)));
                WireClient client = new WireClient(first.addresses().get(0))) {
            home = client.call("Config", request(session)).message();
        }

        WireClient client = client(start(Map.of("sparkconnect.proxy.servers", servers)));

        assertThat(client.call("ReattachExecute", Grpc.with(request(session), 6, "server-side-id"))
                        .message())
                .isEqualTo(home);
        UUID unknown = UUID.randomUUID();
        isSessionChanged(
                client.call("ExecutePlan", Grpc.with(request(unknown), 8, "server-side-id")),
                unknown,
                "holds this session");
    }

    @Test
    void freesASeatAtOnceWhenASessionIsReleasedAndLaterWhenItIsIdle() throws Exception {
        ProxyServer proxy = proxy(Map.of("sparkconnect.proxy.sessions.idle", "3s"));
        fleet.publish(server);
        awaitServers(proxy, 1);
        WireClient client = client(proxy);
        UUID released = sessionOn(client, "container_1");
        UUID idle = sessionOn(client, "container_1");
        UUID used = sessionOn(client, "container_1");
        assertThat(metric(proxy, "sessions")).isEqualTo(3);

        client.call("ReleaseSession", request(released));
        await().atMost(Duration.ofSeconds(2)).until(() -> metric(proxy, "sessions") == 2);
        List<String> anyRpc = with(UNARY, "ExecutePlan", "ReleaseExecute", "ArtifactStatus", "BatchExecutePlan");
        int[] turn = {0};
        await().atMost(SOON).pollInterval(Duration.ofMillis(200)).until(() -> {
            client.call(anyRpc.get(turn[0]++ % anyRpc.size()), request(used));
            return metric(proxy, "sessions") == 1;
        });

        assertThat(AdminClient.get(proxy, "/sessions").body())
                .contains(used.toString())
                .doesNotContain(idle.toString());
    }

    private static Answer same(Answer first, Answer second) {
        assertThat(second.message()).isEqualTo(first.message());
        return first;
    }

    private static Map<String, Answer> callAll(WireClient client, List<String> methods) throws Exception {
        Map<String, CompletableFuture<Answer>> begun = new LinkedHashMap<>();
        methods.forEach(method -> begun.put(method, client.begin(method, request(UUID.randomUUID()))));
        Map<String, Answer> answers = new LinkedHashMap<>();
        for (Map.Entry<String, CompletableFuture<Answer>> call : begun.entrySet()) {
            answers.put(call.getKey(), call.getValue().get(60, TimeUnit.SECONDS));
        }
        return answers;
    }

    /** A new session that was placed there. */
    private static UUID sessionOn(WireClient client, String server) {
        UUID[] found = new UUID[1];
        await().atMost(SOON).until(() -> {
            found[0] = UUID.randomUUID();
            return client.call("Config", request(found[0])).message().equals(server);
        });
        return found[0];
    }

    private static List<String> with(List<String> methods, String... more) {
        List<String> all = new ArrayList<>(methods);
        all.addAll(List.of(more));
        return all;
    }

    private static void awaitServers(ProxyServer proxy, int count) {
        await().atMost(SOON).until(() -> metric(proxy, "ready_servers") == count);
    }

    private static long metric(ProxyServer proxy, String name) throws Exception {
        return AdminClient.metric(proxy, name);
    }

    private ProxyServer proxy(Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(fleet.settings());
        all.putAll(settings);
        return start(all);
    }

    private ProxyServer start(Map<String, String> settings) throws Exception {
        return add(ProxyServer.start(configuration(settings)));
    }

    private static Configuration configuration(Map<String, String> settings) throws Exception {
        Map<String, SettingValue> given = new HashMap<>();
        given.put("sparkconnect.proxy.listen", new SettingValue("127.0.0.1:0", "test"));
        given.put("sparkconnect.proxy.admin.listen", new SettingValue("127.0.0.1:0", "test"));
        given.put("sparkconnect.proxy.drain.timeout", new SettingValue("1s", "test"));
        settings.forEach((key, value) -> given.put(key, new SettingValue(value, "test")));
        return Configuration.of(given);
    }

    private WireClient client(ProxyServer proxy) {
        return add(new WireClient(proxy.addresses().get(0)));
    }

    private <T extends AutoCloseable> T add(T part) {
        parts.add(part);
        return part;
    }
}
