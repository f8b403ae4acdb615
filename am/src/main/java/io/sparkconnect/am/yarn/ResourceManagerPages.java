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
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.util.RMHAUtils;
import org.apache.hadoop.yarn.webapp.util.WebAppUtils;
import org.jspecify.annotations.Nullable;

/**
 * What the ResourceManagers tell on their web pages and nowhere else. Each question blocks, for some seconds at most. Where pages
 * ask who we are, the ResourceManager's delegation token says it, if the attempt has one. Thread-safe.
 */
public final class ResourceManagerPages {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int MOST_BYTES = 16 << 20;
    private static final String TOKEN_KIND = "RM_DELEGATION_TOKEN";
    private static final String TOKEN_HEADER = "X-Hadoop-Delegation-Token";

    private final YarnConfiguration conf;
    private final @Nullable String token;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(HttpClient.Builder.NO_PROXY)
            .connectTimeout(TIMEOUT)
            .build();

    /** @param credentials of the attempt */
    public ResourceManagerPages(YarnConfiguration conf, Credentials credentials) throws IOException {
        this.conf = conf;
        this.token = token(credentials);
    }

    private static @Nullable String token(Credentials credentials) throws IOException {
        for (Token<?> token : credentials.getAllTokens()) {
            if (token.getKind().toString().equals(TOKEN_KIND)) {
                return token.encodeToUrlString();
            }
        }
        return null;
    }

    /** Of each ResourceManager, {@code host:port}; any of them may be the active one. */
    List<String> addresses() {
        List<String> ofAll = RMHAUtils.getRMHAWebappAddresses(conf);
        return ofAll.isEmpty() ? List.of(WebAppUtils.getRMWebAppURLWithoutScheme(conf)) : ofAll;
    }

    /** With what the ResourceManager was started; active or not. */
    Configuration configuration(String address) throws IOException, InterruptedException {
        byte[] xml = read(address, "/conf", "application/xml");
        try {
            Configuration told = new Configuration(false);
            told.addResource(new ByteArrayInputStream(xml), address);
            if (told.get(YarnConfiguration.RM_SCHEDULER) == null) {
                throw new IOException("its answer is no ResourceManager's configuration");
            }
            return told;
        } catch (RuntimeException e) {
            throw new IOException("its answer is no configuration: " + e.getMessage(), e);
        }
    }

    /** The queues as JSON, with limits that YARN's client does not tell; by the active ResourceManager only. */
    byte[] scheduler(String address) throws IOException, InterruptedException {
        return read(address, "/ws/v1/cluster/scheduler", "application/json");
    }

    private byte[] read(String address, String path, String type) throws IOException, InterruptedException {
        HttpRequest.Builder request;
        try {
            request = HttpRequest.newBuilder(URI.create(YarnConfigurations.scheme(conf) + "://" + address + path));
        } catch (IllegalArgumentException e) {
            throw new IOException(address + " is no address: " + e.getMessage(), e);
        }
        request.timeout(TIMEOUT).header("Accept", type);
        if (token != null) {
            request.header(TOKEN_HEADER, token);
        }
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            // One that is not active sends to the one that is, which is asked anyway.
            if (response.statusCode() != 200) {
                throw new IOException("HTTP status " + response.statusCode() + " for " + path);
            }
            return body.readNBytes(MOST_BYTES);
        }
    }
}
