/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.am.core.Event;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks NodeManagers' web services for the end of a container's stderr. Where those want a login (Kerberos on Hadoop's web
 * pages) they refuse, and the certificate does without. Thread-safe; nothing blocks.
 */
public final class ContainerLogs {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerLogs.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int TAIL_BYTES = 4096;

    /** Between lines on the file and on its end, the node sends the file. */
    private static final String CONTENTS = "LogContents:\n";

    private static final String END = "\nEnd of LogType:";

    private final String scheme;
    private final Consumer<Event> events;
    private final HttpClient http;

    /** @param scheme of the nodes' web pages */
    public ContainerLogs(String scheme, Consumer<Event> events) {
        this.scheme = scheme;
        this.events = events;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(TIMEOUT)
                .executor(Executors.newSingleThreadExecutor(runnable -> {
                    Thread thread = new Thread(runnable, "am-logs");
                    thread.setDaemon(true);
                    return thread;
                }))
                .build();
    }

    /** {@link Event.LastLinesRead} follows when the node has the file. */
    public void readEnd(String containerId, String nodeHttpAddress) {
        URI uri = URI.create(scheme + "://" + nodeHttpAddress + "/ws/v1/node/containers/" + containerId
                + "/logs/stderr?size=-" + TAIL_BYTES);
        HttpRequest request = HttpRequest.newBuilder(uri)
                .timeout(TIMEOUT)
                .header("Accept", "text/plain")
                .build();
        var unused = http.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                .thenAccept(response -> read(containerId, response))
                .exceptionally(failure -> {
                    LOG.info(
                            "server={} its node does not give the end of its stderr: {}",
                            containerId,
                            failure.toString());
                    return null;
                });
    }

    private void read(String containerId, HttpResponse<java.io.InputStream> response) {
        try (var body = response.body()) {
            // The file's end and a few lines around it; never more, whatever answers there.
            String text = new String(body.readNBytes(4 * TAIL_BYTES), StandardCharsets.UTF_8);
            if (response.statusCode() == 200) {
                events.accept(new Event.LastLinesRead(containerId, contents(text)));
            } else {
                LOG.info(
                        "server={} its node does not give the end of its stderr: HTTP status {}",
                        containerId,
                        response.statusCode());
            }
        } catch (IOException e) {
            LOG.info("server={} the end of its stderr broke off: {}", containerId, e.toString());
        }
    }

    static String contents(String answer) {
        int from = answer.indexOf(CONTENTS);
        String rest = from < 0 ? answer : answer.substring(from + CONTENTS.length());
        int to = rest.lastIndexOf(END);
        return to < 0 ? rest : rest.substring(0, to);
    }
}
