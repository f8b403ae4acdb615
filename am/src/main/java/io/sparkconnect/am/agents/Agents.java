/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.agents;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.launch.ServerSecrets;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.RegistryDataException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every agent for its health, each at its own moment of the interval, and tells them to drain or to stop. Thread-safe;
 * what comes of a question is handed to the event queue.
 */
public final class Agents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agents.class);
    private static final int HTTP_THREADS = 4;
    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(200);

    private final ServerSecrets secrets;
    private final Consumer<Event> events;
    private final ScheduledExecutorService timer;
    private final ExecutorService httpThreads;
    private final HttpClient http;
    private final Map<String, AgentPoll> polls = new ConcurrentHashMap<>();

    /** Guarded by this object. */
    private @Nullable Cadence cadence;

    private record Cadence(Duration interval, int failures) {
        /** Only a net: the poll gives up before. */
        Duration requestTimeout() {
            return AgentPoll.patience(interval, failures).plus(interval);
        }
    }

    public Agents(ServerSecrets secrets, Consumer<Event> events) {
        this.secrets = secrets;
        this.events = events;
        this.timer = Executors.newSingleThreadScheduledExecutor(daemon("am-poll-timer"));
        this.httpThreads = Executors.newFixedThreadPool(HTTP_THREADS, daemon("am-poll"));
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(httpThreads)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(COMMAND_TIMEOUT)
                .build();
    }

    /**
     * Asks these agents from now on, new ones at once, and no others. All are asked anew when interval or failures are others
     * than before, as after a change of the service's settings.
     *
     * @param interval how often each agent is asked
     * @param failures in a row that condemn a server; an agent that does not answer has brought them together after {@code
     *     interval × failures}
     */
    public synchronized void watch(List<Outlook.PolledAgent> agents, Duration interval, int failures) {
        Cadence wished = new Cadence(interval, failures);
        if (!wished.equals(cadence)) {
            cadence = wished;
            polls.values().forEach(AgentPoll::close);
            polls.clear();
        }
        Set<String> wanted = new HashSet<>();
        for (Outlook.PolledAgent agent : agents) {
            wanted.add(agent.containerId());
            polls.computeIfAbsent(
                    agent.containerId(),
                    id -> new AgentPoll(
                            id, () -> ask(agent, wished.requestTimeout()), events, timer, interval, failures));
        }
        polls.entrySet().removeIf(poll -> {
            boolean unwanted = !wanted.contains(poll.getKey());
            if (unwanted) {
                poll.getValue().close();
            }
            return unwanted;
        });
    }

    public void drain(String containerId, String agentUrl, boolean drain) {
        command(containerId, agentUrl + (drain ? "/v1/drain" : "/v1/undrain"), COMMAND_TIMEOUT, () -> {});
    }

    /**
     * @param graceMs after which the server is killed
     * @param unheard run, on a thread of this object, when the agent does not take it; within half of the grace
     */
    public void stop(String containerId, String agentUrl, long graceMs, Runnable unheard) {
        Duration patience = Duration.ofMillis(
                Math.max(SHORTEST_TIMEOUT.toMillis(), Math.min(COMMAND_TIMEOUT.toMillis(), graceMs / 2)));
        command(containerId, agentUrl + "/v1/stop?graceMs=" + graceMs, patience, unheard);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        httpThreads.shutdownNow();
    }

    private CompletableFuture<Event> ask(Outlook.PolledAgent agent, Duration requestTimeout) {
        String id = agent.containerId();
        try {
            HttpRequest request = request(id, agent.agentUrl() + "/v1/health")
                    .timeout(requestTimeout)
                    .GET()
                    .build();
            return http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray())
                    .thenApply(response -> read(id, response));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Event read(String id, HttpResponse<byte[]> response) {
        if (response.statusCode() != 200) {
            return new Event.PollFailed(id, "its agent answered with HTTP status " + response.statusCode());
        }
        try {
            HealthBody body = JsonCodec.decode(response.body(), HealthBody.class, "the health answer");
            return new Event.Polled(id, body.toAnswer());
        } catch (RegistryDataException e) {
            return new Event.PollFailed(id, inWords(e));
        }
    }

    private void command(String id, String url, Duration patience, Runnable unheard) {
        HttpRequest request = request(id, url)
                .timeout(patience)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        var unused = http.sendAsync(request, HttpResponse.BodyHandlers.discarding())
                .whenComplete((response, failure) -> {
                    if (failure != null) {
                        LOG.warn("server={} {}: {}", id, url, inWords(failure));
                        unheard.run();
                    } else if (response.statusCode() / 100 != 2) {
                        LOG.warn("server={} {}: HTTP status {}", id, url, response.statusCode());
                        unheard.run();
                    }
                });
    }

    private HttpRequest.Builder request(String id, String url) {
        return HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + secrets.of(id));
    }

    static String inWords(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        @Nullable String message = cause.getMessage();
        String what = cause instanceof IOException ? "" : cause.getClass().getSimpleName() + ": ";
        return what + (message == null ? cause.getClass().getSimpleName() : message);
    }

    private static java.util.concurrent.ThreadFactory daemon(String name) {
        return runnable -> {
            Thread thread = new Thread(runnable, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
