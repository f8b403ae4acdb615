/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the ApplicationMaster put into the container's environment.
 *
 * @param serverId YARN container id
 * @param joinUrls base URLs of the AM in the order to try, without a trailing slash
 * @param nodeHost the node's name as other nodes resolve it
 */
record AgentEnvironment(String serverId, List<URI> joinUrls, String nodeHost) {
    static final String SERVER_ID = "SPARKCONNECT_SERVER_ID";
    static final String JOIN_URLS = "SPARKCONNECT_JOIN_URLS";
    static final String NODE_HOST = "SPARKCONNECT_NODE_HOST";

    AgentEnvironment {
        joinUrls = List.copyOf(joinUrls);
    }

    /**
     * Empty when this process was not started by the service.
     *
     * @throws IllegalArgumentException naming the variable that is missing or wrong
     */
    static Optional<AgentEnvironment> from(Map<String, String> environment) {
        String serverId = environment.get(SERVER_ID);
        if (serverId == null || serverId.isBlank()) {
            return Optional.empty();
        }
        String urls = required(JOIN_URLS, environment.get(JOIN_URLS));
        List<URI> joinUrls = new ArrayList<>();
        for (String url : urls.split(",", -1)) {
            if (!url.isBlank()) {
                joinUrls.add(baseUrl(url.strip()));
            }
        }
        return Optional.of(new AgentEnvironment(
                serverId.strip(),
                joinUrls,
                required(NODE_HOST, environment.get(NODE_HOST)).strip()));
    }

    private static String required(String name, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("environment variable " + name + " is not set (expected: set by the"
                    + " ApplicationMaster together with " + SERVER_ID + ")");
        }
        return value;
    }

    private static URI baseUrl(String url) {
        String withoutSlash = url.replaceAll("/+$", "");
        try {
            URI uri = URI.create(withoutSlash);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(JOIN_URLS + ": " + url + " is no URL: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException(JOIN_URLS + ": " + url + " (expected: http://host:port/…)");
    }
}
