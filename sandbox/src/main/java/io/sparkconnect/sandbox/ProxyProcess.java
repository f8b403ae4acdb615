/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The real proxy's jar in a process of its own. */
final class ProxyProcess implements AutoCloseable {
    private static final Duration LISTENS_WITHIN = Duration.ofSeconds(60);
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    private final Process process;

    private ProxyProcess(Process process) {
        this.process = process;
    }

    static ProxyProcess start(SandboxOptions options, int port) throws IOException, InterruptedException {
        Path log = options.directory().resolve("logs/proxy.log");
        List<String> command = Child.java(options.directory().resolve("tmp"), "256m");
        command.addAll(List.of(
                "-jar",
                options.proxyJar().toString(),
                "--conf",
                options.confDirectory().resolve("sparkconnect-site.xml").toString()));
        Process process = new ProcessBuilder(command)
                .directory(options.directory().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        ProxyProcess proxy = new ProxyProcess(process);
        try {
            proxy.awaitListening(port, log);
            return proxy;
        } catch (IOException e) {
            proxy.close();
            throw e;
        }
    }

    private void awaitListening(int port, Path log) throws IOException, InterruptedException {
        Deadline deadline = Deadline.in(LISTENS_WITHIN);
        while (!answers(port)) {
            if (!process.isAlive()) {
                throw new IOException("the proxy ended with exit code " + process.exitValue() + ": " + lastLines(log));
            }
            deadline.check("the proxy did not listen on port " + port + " (" + lastLines(log) + ")");
            Thread.sleep(100);
        }
    }

    private static boolean answers(int port) {
        try (Socket probe = new Socket()) {
            probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String lastLines(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void close() throws InterruptedException {
        Child.end(process, STOP_GRACE);
    }
}
