/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QueueLimitsWatchTest {
    private static final String QUEUE = "root.users.sparkconnect";

    /** Our own for tests: {@code capacity-scheduler.xml} on the class path. */
    private static final String QUEUE_OF_FILE = "root.sparkconnect";

    private final Map<String, byte[]> pages = new ConcurrentHashMap<>();
    private final Map<String, String> tokens = new ConcurrentHashMap<>();
    private final YarnConfiguration conf = new YarnConfiguration();
    private final Credentials credentials = new Credentials();
    private HttpServer active;

    @BeforeEach
    void serve() throws IOException {
        active = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        active.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            tokens.put(path, String.valueOf(exchange.getRequestHeaders().getFirst("X-Hadoop-Delegation-Token")));
            byte[] page = pages.get(path);
            exchange.sendResponseHeaders(page == null ? 404 : 200, page == null ? -1 : page.length);
            if (page != null) {
                exchange.getResponseBody().write(page);
            }
            exchange.close();
        });
        active.start();
        conf.set(YarnConfiguration.RM_WEBAPP_ADDRESS, address());
        conf.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 512);
    }

    @AfterEach
    void stop() {
        active.stop(0);
    }

    @Test
    void followsWhatTheActiveResourceManagerSays() throws Exception {
        // The first of two is away, and the client's file names neither the queue nor the minimum.
        conf.setBoolean(YarnConfiguration.RM_HA_ENABLED, true);
        conf.set(YarnConfiguration.RM_HA_IDS, "rm0,rm1");
        conf.set(YarnConfiguration.RM_WEBAPP_ADDRESS + ".rm0", "localhost:1");
        conf.set(YarnConfiguration.RM_WEBAPP_ADDRESS + ".rm1", address());
        QueueLimitsWatch watch = watch();
        tells(2, 256);
        watch.look();
        assertThat(watch.latest().userLimitFactor(QUEUE)).isEqualTo(2);
        assertThat(watch.latest().userLimitFactor("root.default")).isEqualTo(1);
        assertThat(watch.latest().stepMiB()).isEqualTo(256);

        tells(1.5, 1024);
        watch.look();

        assertThat(watch.latest().userLimitFactor(QUEUE)).isEqualTo(1.5);
        assertThat(watch.latest().stepMiB()).isEqualTo(1024);
    }

    /** As Hadoop's shaded jars write it. */
    @Test
    void readsThePageOfAMiniCluster() throws Exception {
        tells(2, 256);
        pages.put("/ws/v1/cluster/scheduler", """
                {"schedulerInfo":{"queueName":"root","queues":{"queueInfoList":[
                  {"queueName":"users","queues":{"queueInfoList":[{"queueName":"sparkconnect","userLimitFactor":1.5,"queues":null}]}}
                ]}}}
                """.getBytes(UTF_8));
        QueueLimitsWatch watch = watch();

        watch.look();

        assertThat(watch.latest().userLimitFactor(QUEUE)).isEqualTo(1.5);
    }

    @Test
    void goesByTheFilesOfThisMachineUntilAPageTellsAndThenByWhatItTold() throws Exception {
        QueueLimitsWatch watch = watch();
        watch.look();
        assertThat(watch.latest().userLimitFactor(QUEUE_OF_FILE)).isEqualTo(2);
        assertThat(watch.latest().stepMiB()).isEqualTo(512);

        tells(1.5, 256);
        watch.look();
        pages.clear();
        watch.look();

        assertThat(watch.latest().userLimitFactor(QUEUE)).isEqualTo(1.5);
        assertThat(watch.latest().stepMiB()).isEqualTo(256);
    }

    @Test
    void takesNoPageThatIsSomethingElse() throws Exception {
        QueueLimitsWatch watch = watch();
        for (String page : new String[] {"<html>log in</html>", "[]", "{}", "{\"scheduler\":null}"}) {
            tells(1.5, 256);
            pages.put("/ws/v1/cluster/scheduler", page.getBytes(UTF_8));

            watch.look();

            assertThat(watch.latest().userLimitFactor(QUEUE_OF_FILE)).as(page).isEqualTo(2);
        }
        // The FairScheduler's: no user limits, but a page that can be believed.
        tells(1.5, 256);
        pages.put(
                "/ws/v1/cluster/scheduler",
                "{\"scheduler\":{\"schedulerInfo\":{\"type\":\"fairScheduler\",\"rootQueue\":{\"queueName\":\"root\"}}}}"
                        .getBytes(UTF_8));
        watch.look();
        assertThat(watch.latest().userLimitFactor(QUEUE_OF_FILE)).isZero();
        assertThat(watch.latest().stepMiB()).isEqualTo(256);
    }

    @Test
    void showsTheDelegationTokenOfTheResourceManagerWhereThereIsOne() throws Exception {
        tells(2, 256);
        watch().look();
        assertThat(tokens).containsEntry("/conf", "null");

        Token<?> token = new Token<>(
                new byte[] {1}, new byte[] {2}, new Text("RM_DELEGATION_TOKEN"), new Text("localhost:8032"));
        credentials.addToken(new Text("rm"), token);
        credentials.addToken(
                new Text("fs"), new Token<>(new byte[] {3}, new byte[] {4}, new Text("HDFS"), new Text("nn")));
        watch().look();

        assertThat(tokens)
                .containsEntry("/conf", token.encodeToUrlString())
                .containsEntry("/ws/v1/cluster/scheduler", token.encodeToUrlString());
    }

    private void tells(double userLimitFactor, int minimumMiB) throws IOException {
        pages.put("/ws/v1/cluster/scheduler", """
                {"scheduler":{"schedulerInfo":{"type":"capacityScheduler","capacity":100.0,"queueName":"root","queues":{"queue":[
                  {"type":"capacitySchedulerLeafQueueInfo","queueName":"default","userLimitFactor":1.0},
                  {"queueName":"users","queues":{"queue":[{"queueName":"sparkconnect","userLimitFactor":%s,"usedCapacity":0}]}}
                ]}}}}
                """.formatted(userLimitFactor).getBytes(UTF_8));
        Configuration started = new Configuration(false);
        started.set(YarnConfiguration.RM_SCHEDULER, "CapacityScheduler");
        started.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, minimumMiB);
        ByteArrayOutputStream xml = new ByteArrayOutputStream();
        started.writeXml(xml);
        pages.put("/conf", xml.toByteArray());
    }

    private QueueLimitsWatch watch() throws IOException {
        return new QueueLimitsWatch(new ResourceManagerPages(conf, credentials), conf);
    }

    private String address() {
        return "localhost:" + active.getAddress().getPort();
    }
}
