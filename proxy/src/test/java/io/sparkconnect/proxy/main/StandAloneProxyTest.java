/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.registry.settings.SettingValue;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StandAloneProxyTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> RELEASE = Grpc.method("ReleaseSession", UNARY);

    private final List<LightConnectServer> servers = new ArrayList<>();
    private ProxyServer proxy;
    private ManagedChannel client;

    @BeforeEach
    void start() throws Exception {
        for (int i = 0; i < 3; i++) {
            String name = "server " + i;
            servers.add(LightConnectServer.start()
                    .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                        out.onNext(name.getBytes(UTF_8));
                        out.onCompleted();
                    }))
                    .on("ReleaseSession", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                        out.onNext(new byte[0]);
                        out.onCompleted();
                    })));
        }
        proxy = ProxyServer.start(Configuration.of(given(Map.of(
                "sparkconnect.proxy.servers",
                servers.stream().map(server -> "127.0.0.1:" + server.port()).collect(Collectors.joining(",")),
                "sparkconnect.proxy.access.log",
                "true"))));
        client = NettyChannelBuilder.forAddress(proxy.addresses().get(0))
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() throws Exception {
        client.shutdownNow();
        proxy.close();
        for (LightConnectServer server : servers) {
            server.close();
        }
    }

    @Test
    void keepsEachSessionOnItsServerAndSpreadsThem() {
        Map<String, String> homes = new HashMap<>();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 12; i++) {
                String session = new UUID(7, i).toString();
                String server = call(CONFIG, session);
                assertThat(homes.computeIfAbsent(session, first -> server)).isEqualTo(server);
            }
        }

        assertThat(new HashSet<>(homes.values())).hasSize(3);
        for (String server : Set.of("server 0", "server 1", "server 2")) {
            assertThat(homes.values().stream().filter(server::equals)).hasSize(4);
        }
    }

    @Test
    void forgetsASessionThatWasReleased() throws Exception {
        String session = UUID.randomUUID().toString();
        call(CONFIG, session);
        assertThat(get("/sessions").body()).contains(session);

        call(RELEASE, session);

        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThat(get("/sessions").body()).doesNotContain(session));
    }

    @Test
    void placesNoMoreSessionsOnAServerOfSpark3ThanItKeeps() throws Exception {
        try (LightConnectServer spark3 = LightConnectServer.start();
                LightConnectServer spark4 = LightConnectServer.start()) {
            answering(spark3, "3", "Config");
            answering(spark4, "4", "Config", "ReleaseSession");
            String listed = "127.0.0.1:" + spark3.port() + "*100,127.0.0.1:" + spark4.port();
            try (ProxyServer mixed = ProxyServer.start(Configuration.of(
                    given(Map.of("sparkconnect.proxy.servers", listed, "sparkconnect.proxy.spark3.sessions", "5"))))) {
                org.awaitility.Awaitility.await()
                        .untilAsserted(
                                () -> assertThat(get(mixed, "/servers").body()).contains("\"3.x\"", "\"4.x\""));
                ManagedChannel users = NettyChannelBuilder.forAddress(
                                mixed.addresses().get(0))
                        .usePlaintext()
                        .build();
                Map<String, Integer> placed = new HashMap<>();
                for (int i = 0; i < 20; i++) {
                    byte[] request = Grpc.request(new UUID(8, i).toString(), "x");
                    byte[] server = ClientCalls.blockingUnaryCall(users, CONFIG, CallOptions.DEFAULT, request);
                    placed.merge(new String(server, UTF_8), 1, Integer::sum);
                }
                users.shutdownNow();

                assertThat(placed).containsOnly(Map.entry("3", 5), Map.entry("4", 15));
            }
        }
    }

    private static void answering(LightConnectServer server, String answer, String... methods) {
        for (String method : methods) {
            server.on(method, UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                out.onNext(answer.getBytes(UTF_8));
                out.onCompleted();
            }));
        }
    }

    @Test
    void showsHealthServersSessionsAndFigures() throws Exception {
        call(CONFIG, UUID.randomUUID().toString());

        assertThat(get("/healthz").body()).isEqualTo("ok\n");
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        assertThat(get("/servers").body())
                .contains("127.0.0.1:" + servers.get(0).port(), "READY");
        assertThat(get("/sessions?limit=1").body()).contains("tester");
        assertThat(get("/sessions?limit=x").statusCode()).isEqualTo(400);
        assertThat(get("/metrics").body())
                .contains(
                        "# TYPE sparkconnect_proxy_streams_total counter",
                        "sparkconnect_proxy_streams_total{method=\"Config\",status=\"0\",reason=\"ok\"} 1",
                        "sparkconnect_proxy_client_connections 1",
                        "sparkconnect_proxy_buffered_bytes 0",
                        "# TYPE sparkconnect_proxy_limit_hits_total counter",
                        "sparkconnect_proxy_sessions 1",
                        "sparkconnect_proxy_routing_total{event=\"placed\"} 1");
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @EnumSource
    void showsHowOftenEachLimitWasHit(Limit limit) throws Exception {
        String label = limit.name().toLowerCase(Locale.ROOT);

        assertThat(get("/metrics").body()).contains("sparkconnect_proxy_limit_hits_total{limit=\"" + label + "\"} 0\n");
    }

    @Test
    void namesTheAddressAndTheSettingWhenAPortIsTaken() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int taken = proxy.addresses().get(0).getPort();

        int code = run(
                err,
                "--listen",
                "127.0.0.1:" + taken,
                "--servers",
                "127.0.0.1:1",
                "-Dsparkconnect.proxy.admin.listen=127.0.0.1:0");

        assertThat(code).isEqualTo(2);
        assertThat(err.toString(UTF_8))
                .contains("127.0.0.1:" + taken, "sparkconnect.proxy.listen", "in use")
                .hasLineCount(1);
    }

    @Test
    void isNotReadyUntilTheRegistryWasRead() throws Exception {
        try (ProxyServer alone =
                ProxyServer.start(Configuration.of(given(Map.of("sparkconnect.zookeeper.quorum", "127.0.0.1:1"))))) {
            HttpResponse<String> ready = get(alone, "/readyz");

            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("the registry was not read yet");
            assertThat(get(alone, "/healthz").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void reportsAllMistakesAtOnce(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("site.xml");
        Files.writeString(file, """
                <configuration>
                  <property><name>sparkconnect.proxy.thraeds</name><value>2</value></property>
                  <property><name>sparkconnect.proxy.hold.time</name><value>5</value></property>
                  <property><name>sparkconnect.servers.min</name><value>2</value></property>
                </configuration>
                """);
        ByteArrayOutputStream err = new ByteArrayOutputStream();

        int code = run(err, "--conf", file.toString(), "--listen", "nowhere", "-Dsparkconnect.proxy.policy=best");

        assertThat(code).isEqualTo(2);
        assertThat(err.toString(UTF_8))
                .contains("did you mean sparkconnect.proxy.threads")
                .contains("sparkconnect.proxy.hold.time: 5 (expected: duration with a unit")
                .contains("sparkconnect.proxy.listen: nowhere (expected: HOST:PORT")
                .contains("sparkconnect.proxy.policy: best")
                .hasLineCount(4);
    }

    @Test
    void namesTheNearestOption() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();

        assertThat(run(err, "--severs", "h:1")).isEqualTo(2);
        assertThat(err.toString(UTF_8)).contains("--severs: unknown option (did you mean --servers?");
    }

    private String call(MethodDescriptor<byte[], byte[]> method, String session) {
        return new String(
                ClientCalls.blockingUnaryCall(client, method, CallOptions.DEFAULT, Grpc.request(session, "x")), UTF_8);
    }

    private static int run(ByteArrayOutputStream err, String... words) {
        PrintStream stream = new PrintStream(err, true, UTF_8);
        return SparkConnectProxy.run(List.of(words), stream, stream, () -> {});
    }

    private HttpResponse<String> get(String path) throws Exception {
        return get(proxy, path);
    }

    private static HttpResponse<String> get(ProxyServer from, String path) throws Exception {
        int port = Objects.requireNonNull(from.adminAddress()).getPort();
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static Map<String, SettingValue> given(Map<String, String> settings) {
        Map<String, SettingValue> given = new HashMap<>();
        given.put("sparkconnect.proxy.listen", new SettingValue("127.0.0.1:0", "test"));
        given.put("sparkconnect.proxy.admin.listen", new SettingValue("127.0.0.1:0", "test"));
        given.put("sparkconnect.proxy.drain.timeout", new SettingValue("1s", "test"));
        settings.forEach((key, value) -> given.put(key, new SettingValue(value, "test")));
        return given;
    }
}
