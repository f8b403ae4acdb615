/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.stub.ServerCalls;
import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.LogLines;
import io.sparkconnect.proxy.testkit.RawClient;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A port behind a load balancer, with real sockets. */
@SuppressWarnings("AddressSelection") // These are addresses, no names.
class ProxyProtocolTest {
    private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;
    private static final int TCP4 = 0x11;
    private static final int TCP6 = 0x21;
    /** As AWS network load balancers send it: the VPC endpoint. */
    private static final byte[] AWS_TLV = {(byte) 0xea, 0, 5, 1, 'v', 'p', 'c', 'e'};

    private LightConnectServer server;
    private RunningRelay relay;
    private LogLines log;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start().on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
            out.onNext(Grpc.payload(request));
            out.onCompleted();
        }));
        relay = RunningRelay.with(StubRouter.to(server.backend()), new ListenerLimits(Duration.ofSeconds(2), 100, 2));
        log = new LogLines(Refusals.class.getName());
    }

    @AfterEach
    void stop() throws Exception {
        log.close();
        relay.close();
        server.close();
    }

    @Test
    void takesTheClientsAddressFromAVersion1Header() throws Exception {
        InetSocketAddress port = listen("127.0.0.0/8");

        assertThat(remoteOfACallAfter(port, v1("PROXY TCP4 192.0.2.7 10.0.0.1 4711 15002")))
                .isEqualTo("192.0.2.7:4711");
        assertThat(remoteOfACallAfter(port, v1("PROXY TCP6 2001:db8::7 2001:db8::1 4711 15002")))
                .isEqualTo("[2001:db8::7]:4711");
        assertThat(relay.watcher.refusals).isEmpty();
    }

    @Test
    void takesTheClientsAddressFromAVersion2HeaderWithTypeLengthValues() throws Exception {
        InetSocketAddress port = listen("127.0.0.0/8", "::1");

        assertThat(remoteOfACallAfter(port, v2(PROXY, TCP4, addresses("192.0.2.7", "10.0.0.1", 4711), AWS_TLV)))
                .isEqualTo("192.0.2.7:4711");
        assertThat(remoteOfACallAfter(port, v2(PROXY, TCP6, addresses("2001:db8::7", "2001:db8::1", 4711), AWS_TLV)))
                .isEqualTo("[2001:db8::7]:4711");
    }

    @Test
    void keepsTheBalancersOwnAddressWhereTheHeaderNamesNoClient() throws Exception {
        InetSocketAddress port = listen("127.0.0.1");

        assertThat(remoteOfACallAfter(port, v1("PROXY UNKNOWN"))).startsWith("127.0.0.1:");
        assertThat(remoteOfACallAfter(port, v1("PROXY UNKNOWN ffff::1 ffff::2 1 2")))
                .startsWith("127.0.0.1:");
        assertThat(remoteOfACallAfter(port, v2(LOCAL, 0, new byte[0], new byte[0])))
                .startsWith("127.0.0.1:");
    }

    @Test
    void readsAHeaderThatComesInPieces() throws Exception {
        InetSocketAddress port = listen("127.0.0.1");
        for (byte[] header : List.of(
                v1("PROXY TCP4 192.0.2.7 10.0.0.1 4711 15002"),
                v2(PROXY, TCP4, addresses("192.0.2.7", "10.0.0.1", 4711), AWS_TLV))) {
            try (Socket socket = connect(port)) {
                for (byte b : header) {
                    socket.getOutputStream().write(b);
                    socket.getOutputStream().flush();
                }
                socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));

                assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                        .startsWith("HTTP/1.1 400 ");
            }
        }
        assertThat(log.lines()).first().asString().contains("client=192.0.2.7:4711 refused=http1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "\u0016\u0003\u0001\u0002",
                "PROXX",
                "\r\n\r\n\u0000\r\nQUIX"
            })
    void refusesAConnectionWithoutAHeader(String firstBytes) throws Exception {
        assertThat(answerTo(listen("127.0.0.1"), firstBytes.getBytes(US_ASCII))).isEmpty();

        awaitRefusal("no-proxy-header", "no PROXY header");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 999.0.2.7 10.0.0.1 4711 15002\r\n",
                "PROXY TCP4 192.0.2.7 10.0.0.1 99999 15002\r\n",
                "PROXY TCP4 192.0.2.7\r\n",
                "PROXY UDP4 192.0.2.7 10.0.0.1 4711 15002\r\n",
                "PROXY TCP4 2001:db8::7 2001:db8::1 4711 15002\r\n"
            })
    void refusesAVersion1HeaderThatIsNotValid(String header) throws Exception {
        assertThat(answerTo(listen("127.0.0.1"), header.getBytes(US_ASCII))).isEmpty();

        awaitRefusal("bad-proxy-header", "not valid");
    }

    @Test
    void refusesHeadersThatAreTooLong() throws Exception {
        InetSocketAddress port = listen("127.0.0.1");

        assertThat(answerTo(port, v1("PROXY TCP4 " + "1".repeat(200)))).isEmpty();
        assertThat(answerTo(port, v2(PROXY, TCP4, addresses("192.0.2.7", "10.0.0.1", 1), new byte[60_000])))
                .isEmpty();

        await().untilAsserted(() ->
                assertThat(relay.watcher.refusals).containsExactly("bad-proxy-header", "bad-proxy-header"));
    }

    @Test
    void refusesAVersion2HeaderOfAnUnknownKind() throws Exception {
        assertThat(answerTo(listen("127.0.0.1"), v2(0x3f, TCP4, addresses("192.0.2.7", "10.0.0.1", 1), AWS_TLV)))
                .isEmpty();

        awaitRefusal("bad-proxy-header", "not valid");
    }

    @Test
    void refusesABalancerThatIsNotOnTheListBeforeItSaysAnything() throws Exception {
        assertThat(answerTo(listen("10.0.0.0/8", "fd00::/8"), new byte[0])).isEmpty();

        awaitRefusal("proxy-header-untrusted", "sparkconnect.proxy.proxy.protocol.trusted");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "PRO", "\r\n\r\n"})
    void closesAConnectionWhoseHeaderNeverComes(String firstBytes) throws Exception {
        assertThat(answerTo(listen("127.0.0.1"), firstBytes.getBytes(US_ASCII))).isEmpty();

        awaitRefusal("no-proxy-header", "within PT2S");
    }

    @Test
    void closesAConnectionWhoseHeaderNeverEnds() throws Exception {
        assertThat(answerTo(listen("127.0.0.1"), "PROXY TCP4 192.0.2.7".getBytes(US_ASCII)))
                .isEmpty();

        awaitRefusal("bad-proxy-header", "did not end within PT2S");
    }

    @Test
    void closesAConnectionThatSaysNothingBehindItsHeader() throws Exception {
        assertThat(answerTo(listen("127.0.0.1"), v1("PROXY TCP4 192.0.2.7 10.0.0.1 4711 15002")))
                .isEmpty();

        await().untilAsserted(() -> assertThat(relay.watcher.refusals).containsExactly("no-preface"));
    }

    @Test
    void limitsTheConnectionsOfTheClientsAddressNotOfTheBalancers() throws Exception {
        InetSocketAddress port = listen("127.0.0.1");
        List<RawClient> open = new ArrayList<>();
        for (String client : List.of("192.0.2.7", "192.0.2.7", "192.0.2.8", "192.0.2.8")) {
            RawClient connection = new RawClient(port, v1("PROXY TCP4 " + client + " 10.0.0.1 4711 15002"));
            Objects.requireNonNull(connection.await(RawClient.SETTINGS));
            open.add(connection);
        }

        try (RawClient third = new RawClient(port, v1("PROXY TCP4 192.0.2.7 10.0.0.1 4712 15002"))) {
            assertThat(third.await(RawClient.SETTINGS)).isNull();
        }
        awaitRefusal("too-many-connections-of-address", "client=192.0.2.7:4712", "connections.per.address");

        open.get(0).close();
        await().untilAsserted(() -> {
            try (RawClient next = new RawClient(port, v1("PROXY TCP4 192.0.2.7 10.0.0.1 4713 15002"))) {
                assertThat(next.await(RawClient.SETTINGS)).isNotNull();
            }
        });
        for (RawClient connection : open) {
            connection.close();
        }
    }

    private InetSocketAddress listen(String... trusted) throws Exception {
        List<String> mistakes = new ArrayList<>();
        AddressRanges ranges = AddressRanges.parse(List.of(trusted), mistakes);
        assertThat(mistakes).isEmpty();
        return relay.listener.listen(
                new ListenPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ranges));
    }

    private String remoteOfACallAfter(InetSocketAddress port, byte[] header) throws Exception {
        try (RawClient client = new RawClient(port, header)) {
            client.call(1, "Config", Grpc.request("s", "x"));
            RawClient.Frame head = Objects.requireNonNull(client.await(RawClient.HEADERS));
            assertThat(Objects.requireNonNull(head.headers()).status())
                    .asString()
                    .isEqualTo("200");
        }
        await().until(() -> !relay.watcher.reports.isEmpty());
        StreamReport report = Objects.requireNonNull(relay.watcher.reports.poll());
        return report.remote();
    }

    private void awaitRefusal(String word, String... texts) {
        await().untilAsserted(() -> {
            assertThat(relay.watcher.refusals).containsExactly(word);
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("refused=" + word)
                    .contains(texts);
        });
    }

    private static byte[] answerTo(InetSocketAddress port, byte[] firstBytes) throws IOException {
        try (Socket socket = connect(port)) {
            socket.getOutputStream().write(firstBytes);
            socket.getOutputStream().flush();
            return socket.getInputStream().readAllBytes();
        } catch (SocketException e) {
            // Closed with bytes of ours unread.
            assertThat(e).hasMessageMatching(".*(reset|Broken pipe).*");
            return new byte[0];
        }
    }

    private static Socket connect(InetSocketAddress port) throws IOException {
        Socket socket = new Socket(port.getAddress(), port.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static byte[] v1(String line) {
        return (line + "\r\n").getBytes(US_ASCII);
    }

    private static byte[] v2(int versionAndCommand, int familyAndProtocol, byte[] addresses, byte[] more) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes(SIGNATURE);
        header.write(versionAndCommand);
        header.write(familyAndProtocol);
        int length = addresses.length + more.length;
        header.write(length >> 8);
        header.write(length);
        header.writeBytes(addresses);
        header.writeBytes(more);
        return header.toByteArray();
    }

    private static byte[] addresses(String source, String destination, int sourcePort) throws IOException {
        byte[] from = InetAddress.getByName(source).getAddress();
        byte[] to = InetAddress.getByName(destination).getAddress();
        return ByteBuffer.allocate(from.length + to.length + 4)
                .put(from)
                .put(to)
                .putShort((short) sourcePort)
                .putShort((short) 15002)
                .array();
    }
}
