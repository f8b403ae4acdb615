/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.testkit.CallLoops;
import io.sparkconnect.proxy.testkit.ProxyScript;
import io.sparkconnect.proxy.testkit.ProxyScript.Run;
import io.sparkconnect.proxy.testkit.SparkLikeServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script and the jar, as operators use them, under clients that must not notice. */
class GracefulRestartIT {
    private static final Path PYTHON = Path.of(System.getProperty("proxy.python"));
    private static final Path SCENARIOS = Path.of("src", "test", "python").toAbsolutePath();

    @TempDir
    private Path directory;

    private ProxyScript script;
    private InetSocketAddress port;
    private int adminPort;
    private final List<SparkLikeServer> servers = new ArrayList<>();

    @BeforeEach
    void prepare() throws Exception {
        script = new ProxyScript(directory, Path.of(System.getProperty("proxy.jar")));
        port = new InetSocketAddress(InetAddress.getLoopbackAddress(), ProxyScript.freePort());
        adminPort = ProxyScript.freePort();
    }

    @AfterEach
    void stop() throws Exception {
        script.close();
        for (SparkLikeServer server : servers) {
            server.close();
        }
    }

    @Test
    void noClientSeesAnErrorAcrossReloads() throws Exception {
        startBefore(lightServers());
        try (CallLoops loops = CallLoops.start(port, 4, 4)) {
            for (int i = 0; i < 4; i++) {
                loops.awaitMoreCalls(200);
                ProcessHandle before = script.proxy();

                Run reload = script.run("reload");

                assertThat(reload.exitCode()).as(reload.output()).isZero();
                assertThat(reload.output())
                        .contains("runs anew (pid " + script.proxy().pid(), "pid " + before.pid());
                before.onExit().get(60, TimeUnit.SECONDS);
                assertThat(script.run("status").output())
                        .contains("pid " + script.proxy().pid() + "): ready");
            }
            loops.awaitMoreCalls(200);

            assertThat(loops.errors()).as(script.log()).isEmpty();
            assertThat(loops.goAwaysMet())
                    .as("once a client and reload at most")
                    .isLessThanOrEqualTo(4 * (4 + 4));
            assertThat(loops.movedSessions()).as(script.log()).isEmpty();
        }
    }

    @Test
    void aRunningPySparkLoopSeesNoErrorAndKeepsItsServer() throws Exception {
        Python first = Python.start("small_connect_server.py", "one");
        Python second = Python.start("small_connect_server.py", "two");
        startBefore(List.of(Integer.parseInt(first.line()), Integer.parseInt(second.line())));
        Python loop = Python.start("query_loop.py", "sc://127.0.0.1:" + port.getPort());
        assertThat(loop.line()).startsWith("queries ");
        for (int i = 0; i < 3; i++) {
            ProcessHandle before = script.proxy();
            Run reload = script.run("restart", "--graceful");
            assertThat(reload.exitCode()).as(reload.output()).isZero();
            before.onExit().get(60, TimeUnit.SECONDS);
            assertThat(loop.line()).startsWith("queries ");
        }

        List<String> rest = loop.end();

        assertThat(rest).as(script.log()).noneMatch(line -> line.startsWith("error") || line.startsWith("retry"));
        assertThat(rest.get(rest.size() - 1)).matches("queries \\d+ servers 1 errors 0");
        first.end();
        second.end();
    }

    @Test
    void aReloadThatFailsLeavesTheRunningProxyAlone() throws Exception {
        startBefore(lightServers());
        ProcessHandle running = script.proxy();

        Run reload = script.run("reload", "--servers", "127.0.0.1:99999,no.such.host.invalid:1", "--lisen", "x");

        assertThat(reload.exitCode()).isEqualTo(2);
        assertThat(reload.output())
                .contains("--lisen: unknown option (did you mean --listen?", "127.0.0.1:99999 (expected: HOST:PORT")
                .contains("no.such.host.invalid is no known host");
        assertThat(script.proxy()).isEqualTo(running);
        assertThat(CallLoops.call(port, "s")).startsWith("server");
    }

    @Test
    void aSecondStartSaysThatOneRunsAndAForeignPortIsNamed() throws Exception {
        startBefore(lightServers());
        assertThat(script.run("start").output())
                .contains("runs already (pid " + script.proxy().pid() + ")");
        assertThat(script.run("stop").output()).contains("stopped");
        assertThat(script.run("status")).isEqualTo(new Run(3, "sparkconnect-proxy does not run\n"));

        try (ServerSocket foreign = new ServerSocket(port.getPort(), 1, port.getAddress())) {
            Run start = script.run(options(lightServers()));
            assertThat(start.exitCode()).isEqualTo(2);
            assertThat(start.output())
                    .contains("127.0.0.1:" + foreign.getLocalPort(), "in use", "sparkconnect.proxy.listen");
        }
    }

    @Test
    void theProxyThatFollowsAKilledOneStartsAndFindsItsSessions() throws Exception {
        configureByFile(lightServers());
        assertThat(script.run("start").exitCode()).isZero();
        String home = CallLoops.call(port, "s");
        CallLoops.call(port, "other");
        ProcessHandle killed = script.proxy();
        killed.destroyForcibly();
        killed.onExit().get(30, TimeUnit.SECONDS);

        assertThat(script.run("status").exitCode()).isEqualTo(3);
        assertThat(script.run("start").exitCode()).isZero();

        assertThat(CallLoops.call(port, "s")).isEqualTo(home);
    }

    private List<Integer> lightServers() throws IOException {
        for (int i = servers.size(); i < 3; i++) {
            servers.add(SparkLikeServer.start("server " + i));
        }
        return servers.stream().map(SparkLikeServer::port).toList();
    }

    private void startBefore(List<Integer> serverPorts) throws Exception {
        Run start = script.run(options(serverPorts));
        assertThat(start.exitCode()).as(start.output()).isZero();
    }

    private void configureByFile(List<Integer> serverPorts) throws IOException {
        Files.writeString(directory.resolve("sparkconnect-proxy-site.xml"), """
                <configuration>
                  <property><name>sparkconnect.proxy.listen</name><value>127.0.0.1:%d</value></property>
                  <property><name>sparkconnect.proxy.servers</name><value>%s</value></property>
                  <property><name>sparkconnect.proxy.admin.listen</name><value>127.0.0.1:%d</value></property>
                </configuration>
                """.formatted(
                        port.getPort(), addresses(serverPorts), adminPort));
    }

    private static String addresses(List<Integer> ports) {
        return ports.stream().map(each -> "127.0.0.1:" + each).collect(Collectors.joining(","));
    }

    private String[] options(List<Integer> serverPorts) {
        return new String[] {
            "start",
            "--listen",
            "127.0.0.1:" + port.getPort(),
            "--servers",
            addresses(serverPorts),
            "-Dsparkconnect.proxy.admin.listen=127.0.0.1:" + adminPort,
            "-Dsparkconnect.proxy.threads=2"
        };
    }

    /** A Python process that ends when its standard input does. */
    private record Python(Process process, BufferedReader out) {
        static Python start(String scenario, String argument) throws IOException {
            Process process = new ProcessBuilder(PYTHON.toString(), scenario, argument)
                    .directory(SCENARIOS.toFile())
                    .redirectError(Files.createTempFile(scenario, ".err").toFile())
                    .start();
            return new Python(process, new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)));
        }

        String line() throws IOException {
            return String.valueOf(out.readLine());
        }

        List<String> end() throws IOException {
            process.getOutputStream().close();
            List<String> rest = out.lines().toList();
            await().atMost(Duration.ofSeconds(30)).until(() -> !process.isAlive());
            return rest;
        }
    }
}
