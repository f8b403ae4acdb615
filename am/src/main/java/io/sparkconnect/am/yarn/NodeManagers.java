/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.am.core.Event;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.api.records.Container;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.ContainerStatus;
import org.apache.hadoop.yarn.api.records.ContainerSubState;
import org.apache.hadoop.yarn.api.records.NodeId;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops containers, on threads of its own: a container's token lives ten minutes, so many are started at once.
 * The synchronous client, because the asynchronous one cannot stop containers that an earlier attempt started.
 */
public final class NodeManagers {
    private static final Logger LOG = LoggerFactory.getLogger(NodeManagers.class);
    private static final int THREADS = 16;

    private final NodeManagerClient client = new NodeManagerClient();
    private final ExecutorService threads;
    private final Consumer<Event> events;

    public NodeManagers(Configuration conf, Consumer<Event> events) {
        this.events = events;
        // Servers outlive the attempts that started them.
        client.cleanupRunningContainersOnStop(false);
        client.init(conf);
        client.start();
        AtomicInteger count = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS, THREADS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), runnable -> {
                    Thread thread = new Thread(runnable, "am-node-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        this.threads = pool;
    }

    /** Makes the launch context when its turn has come: that may ask a file system. */
    public interface ContextSource {
        ContainerLaunchContext make() throws IOException;
    }

    /** {@link Event.Started} or {@link Event.StartFailed} follows. */
    public void start(Container container, ContextSource context) {
        String id = container.getId().toString();
        threads.execute(() -> {
            try {
                client.startContainer(container, context.make());
                events.accept(new Event.Started(id));
            } catch (YarnException | IOException | RuntimeException e) {
                LOG.warn("server={} node={} could not be started", id, container.getNodeId(), e);
                events.accept(new Event.StartFailed(id, firstLine(e), e instanceof FileNotFoundException));
            }
        });
    }

    /** To hear from others of containers that ended; passes all events on. */
    public Consumer<Event> forgettingEnded(Consumer<Event> next) {
        return event -> {
            if (event instanceof Event.Completed completed) {
                client.forget(ContainerId.fromString(completed.containerId()));
            }
            next.accept(event);
        };
    }

    /** How many containers are taken for running here. */
    int kept() {
        return client.kept();
    }

    /** Has the node kill a container; when that fails, the ResourceManager's release does it later. */
    public void stop(String containerId, String nodeId) {
        threads.execute(() -> {
            try {
                client.stopContainer(ContainerId.fromString(containerId), NodeId.fromString(nodeId));
            } catch (YarnException | IOException | RuntimeException e) {
                LOG.info("server={} node={} could not be stopped by its node: {}", containerId, nodeId, firstLine(e));
            }
        });
    }

    /** {@link Event.ContainerSeen} follows if the node knows it. */
    public void look(String containerId, String nodeId) {
        threads.execute(() -> {
            try {
                ContainerStatus status =
                        client.getContainerStatus(ContainerId.fromString(containerId), NodeId.fromString(nodeId));
                events.accept(new Event.ContainerSeen(
                        containerId, status.getContainerSubState() == ContainerSubState.SCHEDULED));
            } catch (YarnException | IOException | RuntimeException e) {
                LOG.debug("server={} node={} cannot be looked at: {}", containerId, nodeId, firstLine(e));
            }
        });
    }

    private static String firstLine(Exception e) {
        String text = String.valueOf(e.getMessage() == null ? e : e.getMessage());
        return text.lines().findFirst().orElse(text);
    }
}
