/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said to somebody who mistypes. */
class CommandLineTest {
    @TempDir
    private Path directory;

    @Test
    void saysAllMistakesOfTheCommandLineAndOfTheSettingsAtOnce() {
        List<String> mistakes = mistakes(
                "--severs",
                "--listen",
                "127.0.0.1:70000,localhost",
                "--servers",
                "127.0.0.1:1,no.such.host.invalid:15002,127.0.0.1:1",
                "-Dsparkconnect.proxy.thraeds=2",
                "-D",
                "nothing",
                "--pid-file",
                directory.resolve("missing/proxy.pid").toString(),
                "--conf");

        assertThat(mistakes)
                .allMatch(line -> line.startsWith("sparkconnect-proxy: "))
                .anyMatch(line -> line.contains("--severs: unknown option (did you mean --servers?"))
                .anyMatch(line -> line.contains("-D nothing: expected KEY=VALUE"))
                .anyMatch(line -> line.contains("--conf: its value is missing"))
                .anyMatch(line -> line.contains("--pid-file") && line.contains("a directory that exists"))
                .anyMatch(line -> line.contains("sparkconnect.proxy.listen: 127.0.0.1:70000 (expected: HOST:PORT"))
                .anyMatch(line -> line.contains("sparkconnect.proxy.listen: localhost (expected: HOST:PORT"))
                .anyMatch(line -> line.contains("sparkconnect.proxy.servers: 127.0.0.1:1 is listed twice"))
                .anyMatch(line -> line.contains("sparkconnect.proxy.servers: no.such.host.invalid is no known host"))
                .anyMatch(line -> line.contains("did you mean sparkconnect.proxy.threads"))
                .hasSize(9);
    }

    @Test
    void readsTheSameFromAFile() throws Exception {
        Path file = Files.writeString(directory.resolve("site.xml"), """
                <configuration>
                  <property><name>sparkconnect.proxy.listen</name><value>127.0.0.1:1,127.0.0.1:1</value></property>
                  <property><name>sparkconnect.proxy.servers</name><value>127.0.0.1</value></property>
                </configuration>
                """);

        assertThat(mistakes("--conf", file.toString()))
                .anyMatch(line -> line.contains("sparkconnect.proxy.listen: 127.0.0.1:1 is listed twice"))
                .anyMatch(line -> line.contains("sparkconnect.proxy.servers: 127.0.0.1 (expected: HOST:PORT")
                        && line.contains("site.xml, line 3"))
                .hasSize(2);
    }

    @Test
    void wantsToKnowWhoseProxyHeadersToBelieve() {
        assertThat(mistakes("-Dsparkconnect.proxy.proxy.protocol.listen=127.0.0.1:0"))
                .singleElement()
                .asString()
                .contains("sparkconnect.proxy.proxy.protocol.trusted: empty", "10.0.0.0/16");
        assertThat(mistakes(
                        "-Dsparkconnect.proxy.proxy.protocol.listen=127.0.0.1:0",
                        "-Dsparkconnect.proxy.proxy.protocol.trusted=10.0.0.0/8,10.0.0.0/40,balancer.example"))
                .anyMatch(line -> line.contains("trusted: 10.0.0.0/40 (expected: an address or ADDRESS/BITS"))
                .anyMatch(line -> line.contains("trusted: balancer.example (expected:") && line.contains("in -D"))
                .hasSize(2);
    }

    @Test
    void refusesAPortThatIsBothPlainAndBehindABalancer() {
        assertThat(mistakes(
                        "--listen",
                        "127.0.0.1:15777",
                        "-Dsparkconnect.proxy.proxy.protocol.listen=127.0.0.1:15777",
                        "-Dsparkconnect.proxy.proxy.protocol.trusted=127.0.0.1"))
                .singleElement()
                .asString()
                .contains("127.0.0.1:15777 is listed twice");
    }

    @Test
    void refusesToKeepMoreForStreamsThanTheMemoryThereIs() {
        assertThat(mistakes(
                        "--listen",
                        "127.0.0.1:0",
                        "--servers",
                        "127.0.0.1:1",
                        "-Dsparkconnect.proxy.buffer.max.mib=600"))
                .singleElement()
                .asString()
                .contains(
                        "sparkconnect.proxy.buffer.max.mib: 600",
                        "1024 MiB",
                        "at most 512",
                        "2400m",
                        "SPARKCONNECT_PROXY_DIRECT_MEMORY");
    }

    @Test
    void wantsAtLeastOnePort() {
        assertThat(mistakes("--listen", "")).singleElement().asString().contains("sparkconnect.proxy.listen: empty");
    }

    @Test
    void wantsAHandoverSocketThatTheSystemCanMake() {
        assertThat(mistakes(
                        "--handover-socket", directory.resolve("x".repeat(100)).toString()))
                .singleElement()
                .asString()
                .contains("sparkconnect.proxy.handover.socket", "at most 107 bytes");
        assertThat(mistakes("--handover-socket", "/no/such/directory/proxy.sock"))
                .singleElement()
                .asString()
                .contains("in a directory that exists");
    }

    @Test
    void takingOverNeedsASocketToAskOn() {
        assertThat(mistakes("--listen", "127.0.0.1:0", "--servers", "127.0.0.1:1", "--take-over"))
                .singleElement()
                .asString()
                .contains("--take-over needs sparkconnect.proxy.handover.socket");
    }

    private static List<String> mistakes(String... words) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(err, true, UTF_8);
        int code = SparkConnectProxy.run(List.of(words), stream, stream, () -> {});
        assertThat(code).as(err.toString(UTF_8)).isEqualTo(2);
        return err.toString(UTF_8).lines().toList();
    }
}
