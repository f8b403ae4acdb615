/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.ProxyScript;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What SIGTERM does to the real process. */
class StopSignalIT {
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);

    @TempDir
    private Path directory;

    private final BlockingQueue<StreamObserver<byte[]>> running = new ArrayBlockingQueue<>(1);
    private final Collected<byte[]> rows = new Collected<>();
    private LightConnectServer server;
    private Path output;
    private @Nullable ManagedChannel client;
    private @Nullable Process proxy;
    private int port;
    private int adminPort;

    @BeforeEach
    void startServer() throws Exception {
        output = directory.resolve("proxy.out");
        port = ProxyScript.freePort();
        adminPort = ProxyScript.freePort();
        server = LightConnectServer.start()
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
                    out.onNext("first".getBytes(UTF_8));
                    running.add(out);
                }));
    }

    @AfterEach
    void stop() throws Exception {
        if (client != null) {
            client.shutdownNow();
        }
        if (proxy != null) {
            proxy.destroyForcibly().waitFor();
        }
        server.close();
    }

    @Test
    void aRunningQueryEndsWhileReadinessIsOffAndNothingNewIsAccepted() throws Exception {
        Process stopped = startWithAQuery("30s");
        StreamObserver<byte[]> query = requireNonNull(running.poll(20, TimeUnit.SECONDS));

        stopped.destroy();

        await().untilAsserted(() -> assertThat(readiness()).isEqualTo("not ready: the proxy is stopping\n"));
        await().untilAsserted(() -> assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class));
        query.onNext("last".getBytes(UTF_8));
        query.onCompleted();
        assertThat(rows.awaitCompleted()).hasSize(2);
        assertThat(stopped.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped.exitValue()).isZero();
        assertThat(output).content().contains("every stream ended by itself");
    }

    @Test
    void aQueryThatOutlivesTheDeadlineIsToldThatTheProxyIsUnavailable() throws Exception {
        Process stopped = startWithAQuery("500ms");

        stopped.destroy();

        Status end = rows.awaitEnd();
        assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(end.getDescription()).isEqualTo("This proxy is stopping.");
        assertThat(stopped.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped.exitValue()).isZero();
        assertThat(output).content().contains("the rest was cut off");
    }

    @Test
    void aSignalThatComesAsSoonAsThePortIsOpenEndsItInOrder() throws Exception {
        Process stopped = start("500ms");

        stopped.destroy();

        assertThat(stopped.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped.exitValue()).isZero();
        assertThat(output).content().contains("every stream ended by itself", "stopped");
    }

    /** Starts the proxy and a query whose first row has come. */
    private Process startWithAQuery(String drainTimeout) throws Exception {
        Process started = start(drainTimeout);
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        client = channel;
        ClientCalls.asyncServerStreamingCall(
                channel.newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("s", "go"), rows);
        rows.awaitCount(1);
        return started;
    }

    /** Starts the proxy and returns as soon as it takes clients. */
    private Process start(String drainTimeout) throws Exception {
        Process started = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-XX:+UseSerialGC",
                        "-jar",
                        System.getProperty("proxy.jar"),
                        "--listen",
                        "127.0.0.1:" + port,
                        "--servers",
                        "127.0.0.1:" + server.port(),
                        "-Dsparkconnect.proxy.admin.listen=127.0.0.1:" + adminPort,
                        "-Dsparkconnect.proxy.drain.timeout=" + drainTimeout)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        proxy = started;
        await().atMost(Duration.ofSeconds(60))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> assertThat(Files.readString(output)).contains("listening=sc://127.0.0.1:" + port));
        return started;
    }

    private String readiness() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/readyz"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
