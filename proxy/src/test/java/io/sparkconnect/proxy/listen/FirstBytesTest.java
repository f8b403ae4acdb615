/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.testkit.LogLines;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FirstBytesTest {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};

    private RunningRelay relay;

    @BeforeEach
    void start() throws Exception {
        relay = RunningRelay.with(StubRouter.to(new Backend("none", "", "127.0.0.1", 1)));
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
    }

    @Test
    void tellsAnHttp1ClientWhatThePortIsFor() throws Exception {
        try (LogLines log = new LogLines(Refusals.class.getName())) {
            String answer = new String(answerTo("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8)), UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("gRPC", "sc://HOST:PORT");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("INFO client=127.0.0.1:")
                    .contains("refused=http1 because it speaks HTTP/1 to a plaintext gRPC port", "sc://host:port");
        }
        assertThat(relay.watcher.refusals).containsExactly("http1");
    }

    @Test
    void tellsATlsClientThatThisIsNoTlsPort() throws Exception {
        byte[] alert = answerTo(new byte[] {0x16, 0x03, 0x01, 0x02, 0x00, 0x01});

        assertThat(alert).containsExactly(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46);
        assertThat(relay.watcher.refusals).containsExactly("tls");
    }

    /** What a user sees whose URL says that the proxy has a certificate. */
    @Test
    void aRealTlsHandshakeFailsAtOnceWithTheAlertAndALineOfTheLog() throws Exception {
        try (LogLines log = new LogLines(Refusals.class.getName());
                Socket socket = SSLContext.getDefault()
                        .getSocketFactory()
                        .createSocket(
                                relay.address().getAddress(), relay.address().getPort())) {
            socket.setSoTimeout(20_000);

            assertThatThrownBy(((SSLSocket) socket)::startHandshake)
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("protocol_version");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("INFO client=127.0.0.1:")
                    .contains("refused=tls because it speaks TLS to a plaintext gRPC port", "without TLS");
        }
        assertThat(relay.watcher.refusals).containsExactly("tls");
    }

    @Test
    void closesOnGarbage() throws Exception {
        assertThat(answerTo(new byte[] {1, 2, 3})).isEmpty();
        assertThat(relay.watcher.refusals).containsExactly("unknown-protocol");
    }

    @Test
    void closesAConnectionThatSaysNothing() throws Exception {
        assertThat(answerTo(new byte[0])).isEmpty();
        assertThat(relay.watcher.refusals).containsExactly("no-preface");
    }

    @Test
    void closesAConnectionThatStopsWithinThePreface() throws Exception {
        assertThat(answerTo("PRI * HTT".getBytes(UTF_8))).isEmpty();
        assertThat(relay.watcher.refusals).containsExactly("no-preface");
    }

    @Test
    void acceptsAPrefaceThatComesInPieces() throws Exception {
        try (Socket socket = connect()) {
            for (byte b : PREFACE.getBytes(UTF_8)) {
                socket.getOutputStream().write(b);
                socket.getOutputStream().flush();
            }
            socket.getOutputStream().write(EMPTY_SETTINGS);

            byte[] settingsHeader = socket.getInputStream().readNBytes(9);
            assertThat(settingsHeader[3]).as("frame type").isEqualTo((byte) 4);
        }
        assertThat(relay.watcher.refusals).isEmpty();
    }

    private byte[] answerTo(byte[] firstBytes) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(firstBytes);
            socket.getOutputStream().flush();
            return socket.getInputStream().readAllBytes();
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(relay.address().getAddress(), relay.address().getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        return socket;
    }
}
