/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.proxy.testkit.CallLoops;
import io.sparkconnect.proxy.testkit.SparkLikeServer;
import io.sparkconnect.registry.settings.SettingValue;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Proxies that follow one another behind the same ports, with real sockets, in one process. */
@SuppressWarnings("AddressSelection") // These are addresses, no names.
class HandoverTest {
    @TempDir
    private Path directory;

    private Path socket;
    private final List<SparkLikeServer> servers = new ArrayList<>();
    private final List<Generation> generations = new ArrayList<>();

    /** A proxy, and when it has ended after another one took over. */
    private record Generation(ProxyServer proxy, CompletableFuture<Void> ended) {
        InetSocketAddress port() {
            return proxy.addresses().get(0);
        }

        int adminPort() {
            return requireNonNull(proxy.adminAddress()).getPort();
        }
    }

    @BeforeEach
    void start() throws Exception {
        socket = directory.resolve("proxy.sock");
        for (int i = 0; i < 3; i++) {
            servers.add(SparkLikeServer.start("server " + i));
        }
        generations.add(generation(false, Map.of()));
    }

    @AfterEach
    void stop() throws Exception {
        generations.forEach(generation -> generation.proxy().close());
        for (SparkLikeServer server : servers) {
            server.close();
        }
    }

    @Test
    void noClientSeesAnErrorWhileProxiesFollowOneAnother() throws Exception {
        try (CallLoops loops = CallLoops.start(first().port(), 4, 4)) {
            for (int i = 0; i < 8; i++) {
                loops.awaitMoreCalls(50);
                generations.add(successor(Map.of()));
                generations.get(i).ended().get(30, TimeUnit.SECONDS);
            }
            loops.awaitMoreCalls(50);

            assertThat(loops.errors()).isEmpty();
            assertThat(loops.goAwaysMet())
                    .as("once a client and hand-over at most")
                    .isLessThanOrEqualTo(8 * (4 + 4));
            assertThat(loops.movedSessions()).isEmpty();
        }
        assertThat(get(last().adminPort(), "/readyz").body()).isEqualTo("ready\n");
    }

    @Test
    void sessionsThatNeverSaidWhichServerTheySawStayWhereTheyAre() throws Exception {
        Map<String, String> homes = new HashMap<>();
        for (int i = 0; i < 12; i++) {
            homes.put("session " + i, CallLoops.call(first().port(), "session " + i));
        }
        assertThat(homes.values()).containsOnly("server 0", "server 1", "server 2");

        generations.add(successor(Map.of()));

        homes.forEach((session, home) ->
                assertThat(CallLoops.call(last().port(), session)).as(session).isEqualTo(home));
    }

    @Test
    void aSecondProxyDoesNotRunBesideTheFirstByAccident() {
        assertThatThrownBy(() -> generation(false, Map.of()))
                .isInstanceOf(Ports.AddressInUseException.class)
                .hasMessageContaining("a proxy runs already with " + socket)
                .hasMessageContaining("--take-over");

        assertThat(CallLoops.call(first().port(), "s")).startsWith("server");
    }

    @Test
    void aProxyThatCannotServeLeavesTheRunningOneAlone() {
        Map<String, String> noZooKeeper = Map.of(
                "sparkconnect.proxy.servers", "",
                "sparkconnect.zookeeper.quorum", "127.0.0.1:1",
                "sparkconnect.proxy.handover.timeout", "300ms");

        assertThatThrownBy(() -> successor(noZooKeeper))
                .isInstanceOf(ProxyServer.NotReadyException.class)
                .hasMessageContaining("was not replaced");

        assertThat(first().ended()).isNotDone();
        assertThat(CallLoops.call(first().port(), "s")).startsWith("server");
    }

    @Test
    void aProxyThatCannotListenOnAFurtherAddressLeavesTheRunningOneAlone() throws Exception {
        try (ServerSocketChannel taken = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            String address = "127.0.0.1:" + ((InetSocketAddress) taken.getLocalAddress()).getPort();
            Map<String, String> both = Map.of(
                    "sparkconnect.proxy.listen", "127.0.0.1:" + first().port().getPort() + "," + address);

            assertThatThrownBy(() -> successor(both))
                    .hasMessageContaining(address)
                    .hasMessageContaining("in use");
        }
        assertThat(first().ended()).isNotDone();
        for (int i = 0; i < 20; i++) {
            assertThat(CallLoops.call(first().port(), "s")).startsWith("server");
        }
    }

    @Test
    void addressesMayChangeOnTheWay() throws Exception {
        InetSocketAddress before = first().port();

        generations.add(successor(Map.of("sparkconnect.proxy.listen", "127.0.0.1:0,[::1]:0")));

        assertThat(last().proxy().addresses()).hasSize(2);
        for (InetSocketAddress address : last().proxy().addresses()) {
            assertThat(CallLoops.call(address, "s")).startsWith("server");
        }
        assertThatThrownBy(() -> new Socket(before.getAddress(), before.getPort()).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void theNextOneStartsAlthoughTheSocketOfADeadProcessIsStillThere() throws Exception {
        Path dead = directory.resolve("dead.sock");
        try (ServerSocketChannel process = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            process.bind(UnixDomainSocketAddress.of(dead));
        }
        assertThat(dead).exists();

        try (ProxyServer proxy = ProxyServer.start(configuration(
                Map.of("sparkconnect.proxy.handover.socket", dead.toString(), "sparkconnect.proxy.listen", "[::1]:0"),
                null))) {
            assertThat(CallLoops.call(proxy.addresses().get(0), "s")).startsWith("server");
        }
        assertThat(dead).doesNotExist();
    }

    @Test
    void aFileThatIsNoSocketIsNotTouched() throws Exception {
        Path file = Files.writeString(directory.resolve("notes.txt"), "mine");

        assertThatThrownBy(() -> ProxyServer.start(
                                configuration(Map.of("sparkconnect.proxy.handover.socket", file.toString()), null))
                        .close())
                .hasMessageContaining("notes.txt is no socket");
        assertThat(file).hasContent("mine");
    }

    @Test
    void onlyTheOwnerMayAskForThePorts() throws Exception {
        assertThat(Files.getPosixFilePermissions(socket).stream().map(Enum::name))
                .containsExactlyInAnyOrder("OWNER_READ", "OWNER_WRITE");
    }

    private Generation first() {
        return generations.get(0);
    }

    private Generation last() {
        return generations.get(generations.size() - 1);
    }

    private Generation successor(Map<String, String> more) throws Exception {
        return generation(true, more);
    }

    private Generation generation(boolean takesOver, Map<String, String> more) throws Exception {
        CompletableFuture<ProxyServer> self = new CompletableFuture<>();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Runnable whenTakenOver = () -> {
            self.join().close();
            ended.complete(null);
        };
        ProxyServer proxy = ProxyServer.start(
                configuration(more, generations.isEmpty() ? null : last()), new Succession(takesOver, whenTakenOver));
        self.complete(proxy);
        return new Generation(proxy, ended);
    }

    private Configuration configuration(Map<String, String> more, @Nullable Generation before) throws Exception {
        Map<String, String> settings = new HashMap<>();
        settings.put(
                "sparkconnect.proxy.servers",
                servers.stream().map(server -> "127.0.0.1:" + server.port()).collect(Collectors.joining(",")));
        settings.put("sparkconnect.proxy.handover.socket", socket.toString());
        settings.put("sparkconnect.proxy.drain.timeout", "20s");
        settings.put("sparkconnect.proxy.threads", "2");
        settings.put(
                "sparkconnect.proxy.listen",
                "127.0.0.1:" + (before == null ? 0 : before.port().getPort()));
        settings.put("sparkconnect.proxy.admin.listen", "127.0.0.1:" + (before == null ? 0 : before.adminPort()));
        settings.putAll(more);
        Map<String, SettingValue> given = new HashMap<>();
        settings.forEach((key, value) -> given.put(key, new SettingValue(value, "test")));
        return Configuration.of(given);
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
