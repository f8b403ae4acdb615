/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.util.VersionInfo;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.util.RMHAUtils;
import org.apache.hadoop.yarn.webapp.util.WebAppUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the ResourceManager says of its placement constraints. It must be its own word: asks with constraints that it refuses
 * end an attempt, and so does a registration that it refuses, after which it takes no other one.
 *
 * @param handler {@code yarn.resourcemanager.placement-constraints.handler}: disabled, scheduler or placement-processor; empty
 *     when nobody told; several, joined, where ResourceManagers differ
 * @param preempts whether the scheduler takes containers back for queues that wait for their share
 * @param hadoopVersion of the cluster, such as 3.4.2
 */
public record ConstraintSupport(String handler, boolean preempts, String hadoopVersion) {
    private static final Logger LOG = LoggerFactory.getLogger(ConstraintSupport.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int MOST_BYTES = 16 << 20;

    boolean isKnown() {
        return !handler.isEmpty();
    }

    boolean isByScheduler() {
        return handler.equals(YarnConfiguration.SCHEDULER_RM_PLACEMENT_CONSTRAINTS_HANDLER);
    }

    /** Asks the page of each ResourceManager for its configuration: any of them may be the active one tomorrow. Blocks, not long. */
    public static ConstraintSupport find(YarnConfiguration conf) {
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(TIMEOUT)
                .build();
        Set<String> handlers = new TreeSet<>();
        boolean preempts = false;
        for (String address : webAddresses(conf)) {
            try {
                Configuration told = read(http, YarnConfigurations.scheme(conf) + "://" + address + "/conf");
                handlers.add(told.get(
                        YarnConfiguration.RM_PLACEMENT_CONSTRAINTS_HANDLER,
                        YarnConfiguration.DISABLED_RM_PLACEMENT_CONSTRAINTS_HANDLER));
                preempts |= told.getBoolean(
                        YarnConfiguration.RM_SCHEDULER_ENABLE_MONITORS,
                        YarnConfiguration.DEFAULT_RM_SCHEDULER_ENABLE_MONITORS);
            } catch (IOException e) {
                LOG.info("{} does not tell the ResourceManager's configuration: {}", address, e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return new ConstraintSupport(String.join(" and ", handlers), preempts, VersionInfo.getVersion());
    }

    private static List<String> webAddresses(YarnConfiguration conf) {
        List<String> ofAll = RMHAUtils.getRMHAWebappAddresses(conf);
        return ofAll.isEmpty() ? List.of(WebAppUtils.getRMWebAppURLWithoutScheme(conf)) : ofAll;
    }

    private static Configuration read(HttpClient http, String url) throws IOException, InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                    .timeout(TIMEOUT)
                    .header("Accept", "application/xml")
                    .build();
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            byte[] xml;
            try (InputStream body = response.body()) {
                xml = body.readNBytes(MOST_BYTES);
            }
            if (response.statusCode() != 200) {
                throw new IOException("HTTP status " + response.statusCode());
            }
            Configuration told = new Configuration(false);
            told.addResource(new ByteArrayInputStream(xml), url);
            if (told.get(YarnConfiguration.RM_SCHEDULER) == null) {
                throw new IOException("its answer is no ResourceManager's configuration");
            }
            return told;
        } catch (RuntimeException e) {
            throw new IOException("its answer is no configuration: " + e.getMessage(), e);
        }
    }
}
