/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.LogLines;
import io.sparkconnect.proxy.testkit.RawClient;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("AddressSelection") // These are addresses, no names.
class ClientListenerTest {
    private static final int CONNECTIONS = 3;

    private LightConnectServer server;
    private RunningRelay relay;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start().on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
            out.onNext(Grpc.payload(request));
            out.onCompleted();
        }));
        relay = RunningRelay.with(
                StubRouter.to(server.backend()), new ListenerLimits(Duration.ofSeconds(20), CONNECTIONS, 0));
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void servesSeveralAddressesOfBothFamilies() throws Exception {
        InetSocketAddress ipv6 = relay.listener.listen(new InetSocketAddress("::1", 0));
        InetSocketAddress secondIpv4 = relay.listener.listen(new InetSocketAddress("127.0.0.2", 0));

        for (InetSocketAddress address : List.of(ipv6, secondIpv4, relay.address())) {
            assertThat(answerAt(address)).isEqualTo("hello");
        }
        await().until(() -> relay.watcher.reports.size() == 3);
        assertThat(Objects.requireNonNull(relay.watcher.reports.peek()).remote())
                .startsWith("[::1]:");
    }

    @Test
    void servesBothFamiliesOnTheWildcardAddress() throws Exception {
        int port = relay.listener.listen(new InetSocketAddress("::", 0)).getPort();

        assertThat(answerAt(new InetSocketAddress("::1", port))).isEqualTo("hello");
        assertThat(answerAt(new InetSocketAddress("127.0.0.1", port))).isEqualTo("hello");
    }

    @Test
    void bindsOnlyTheAddressThatWasAskedFor() throws Exception {
        int port = relay.address().getPort();

        assertThatThrownBy(() -> new Socket("::1", port).close()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> new Socket("127.0.0.2", port).close()).isInstanceOf(IOException.class);
    }

    @Test
    void namesAnAddressThatCannotBeBound() {
        assertThatThrownBy(() -> relay.listener.listen(new InetSocketAddress("192.0.2.1", 15002)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("192.0.2.1:15002");
        assertThatThrownBy(() -> relay.listener.listen(relay.address()))
                .hasMessageContaining("127.0.0.1:" + relay.address().getPort())
                .hasMessageContaining("in use");
    }

    @Test
    void closesOneConnectionTooManyAndHasRoomAgainWhenAnotherEnds() throws Exception {
        try (LogLines log = new LogLines(Refusals.class.getName())) {
            List<RawClient> open = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                open.add(connected());
            }

            for (int i = 0; i < 3; i++) {
                try (RawClient tooMany = new RawClient(relay.address())) {
                    assertThat(tooMany.await(RawClient.SETTINGS)).isNull();
                }
            }
            assertThat(relay.watcher.refusals).hasSize(3).containsOnly("too-many-connections");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("refused=too-many-connections", "3 connections are open", "connections.max");

            open.remove(0).close();
            await().untilAsserted(() -> open.add(connected()));
            for (RawClient connection : open) {
                connection.close();
            }
        }
    }

    private RawClient connected() throws Exception {
        RawClient client = new RawClient(relay.address());
        assertThat(client.await(RawClient.SETTINGS)).isNotNull();
        return client;
    }

    private static String answerAt(InetSocketAddress address) {
        ManagedChannel client =
                NettyChannelBuilder.forAddress(address).usePlaintext().build();
        try {
            byte[] answer = ClientCalls.blockingUnaryCall(
                    client, Grpc.method("Config", UNARY), CallOptions.DEFAULT, Grpc.request("s", "hello"));
            return new String(answer, UTF_8);
        } finally {
            client.shutdownNow();
        }
    }
}
