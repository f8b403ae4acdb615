/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.main.SparkConnectProxy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The proxy as a process of its own, so that it can be killed as one. */
public final class ProxyProcess implements AutoCloseable {
    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);
    private static final Pattern LISTENING = Pattern.compile("listening=sc://[^ ]*:(\\d+)");
    private static final Pattern ADMIN = Pattern.compile("admin=http://[^ ]*:(\\d+)");

    private final Process process;
    private final List<String> log = new CopyOnWriteArrayList<>();

    private ProxyProcess(Process process) {
        this.process = process;
        Thread reader = new Thread(this::readLog, "proxy-log");
        reader.setDaemon(true);
        reader.start();
    }

    /** Listens when this returns; it need not be ready. */
    public static ProxyProcess start(Map<String, String> settings) throws IOException {
        return start(settings, List.of());
    }

    /** @param jvmOptions such as -XX:MaxDirectMemorySize=64m */
    public static ProxyProcess start(Map<String, String> settings, List<String> jvmOptions) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(jvmOptions);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                SparkConnectProxy.class.getName(),
                "-Dsparkconnect.proxy.listen=127.0.0.1:0",
                "-Dsparkconnect.proxy.admin.listen=127.0.0.1:0",
                "-Dsparkconnect.proxy.threads=1"));
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        ProxyProcess proxy = new ProxyProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        await().atMost(STARTS_WITHIN)
                .until(() -> !proxy.process.isAlive() || (proxy.port(LISTENING) > 0 && proxy.port(ADMIN) > 0));
        if (!proxy.process.isAlive()) {
            throw new IOException("the proxy ended at once: " + proxy.log);
        }
        return proxy;
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port(LISTENING));
    }

    /** What the operator's port says to this path. */
    public HttpResponse<String> admin(String path) {
        URI uri = URI.create("http://127.0.0.1:" + port(ADMIN) + path);
        try {
            return HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking for " + path, e);
        }
    }

    /** A figure without labels, or with those that the name gives; -1 when there is none. */
    public long metric(String name) {
        return admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("sparkconnect_proxy_" + name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(-1);
    }

    public void awaitReady(int servers) {
        await().atMost(STARTS_WITHIN)
                .until(() -> admin("/readyz").statusCode() == 200 && metric("ready_servers") == servers);
    }

    public List<String> log() {
        return log;
    }

    /** Memory that the process has from the system, KiB. */
    public long residentKiB() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no VmRSS of process " + process.pid());
    }

    /** SIGKILL. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new IllegalStateException("process " + process.pid() + " survives a kill");
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    private int port(Pattern pattern) {
        for (String line : log) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            }
        }
        return -1;
    }

    private void readLog() {
        try (BufferedReader lines = process.inputReader(UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
            }
        } catch (IOException e) {
            log.add("(the log broke off: " + e.getMessage() + ")");
        }
    }
}
