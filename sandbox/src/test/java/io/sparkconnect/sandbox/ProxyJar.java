/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The proxy's jar as a process, on ports that are free, and what its operator's port shows. */
final class ProxyJar implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Pattern LISTENING = Pattern.compile("listening=(sc://[^ ]+)");
    private static final Pattern ADMIN = Pattern.compile("admin=(http://[^ ]+)");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final List<String> log = new CopyOnWriteArrayList<>();

    private ProxyJar(Process process) {
        this.process = process;
    }

    /**
     * Yields one that listens.
     *
     * @param home the project's, whose build has made the jar
     */
    static ProxyJar start(Path home, List<String> arguments) throws IOException {
        List<String> command = Child.java(Path.of(System.getProperty("java.io.tmpdir")), "256m");
        command.addAll(List.of(
                "-jar",
                BuiltJar.in(home.resolve("proxy/target"), "sparkconnect-proxy").toString(),
                "-Dsparkconnect.proxy.listen=127.0.0.1:0",
                "-Dsparkconnect.proxy.admin.listen=127.0.0.1:0"));
        command.addAll(arguments);
        ProxyJar proxy = new ProxyJar(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        Thread reader = new Thread(proxy::readLog, "proxy-log");
        reader.setDaemon(true);
        reader.start();
        Awaitility.await("the proxy listens").atMost(START).until(() -> proxy.listens() || !proxy.process.isAlive());
        if (!proxy.listens()) {
            proxy.process.destroyForcibly();
            throw new IllegalStateException("the proxy does not listen: " + proxy.log);
        }
        return proxy;
    }

    String url() {
        return said(LISTENING);
    }

    /** A figure with its labels as Prometheus has them; 0 when there is none yet. */
    long metric(String name) throws IOException, InterruptedException {
        return page("/metrics")
                .lines()
                .filter(line -> line.startsWith("sparkconnect_proxy_" + name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    JsonNode json(String path) throws IOException, InterruptedException {
        return JSON.readTree(page(path));
    }

    private String page(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(said(ADMIN) + path)).build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private boolean listens() {
        return !said(LISTENING).isEmpty() && !said(ADMIN).isEmpty();
    }

    private String said(Pattern what) {
        for (String line : log) {
            Matcher matcher = what.matcher(line);
            if (matcher.find()) {
                return matcher.group(1);
            }
        }
        return "";
    }

    private void readLog() {
        try (BufferedReader lines = process.inputReader(UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        Child.end(process, Duration.ofSeconds(5));
    }
}
