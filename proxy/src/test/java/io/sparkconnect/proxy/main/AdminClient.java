/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Objects;

/** Looks at a proxy as an operator does. */
final class AdminClient {
    private AdminClient() {}

    static HttpResponse<String> get(ProxyServer proxy, String path) throws IOException, InterruptedException {
        int port = Objects.requireNonNull(proxy.adminAddress()).getPort();
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A figure without labels; -1 when there is none. */
    static long metric(ProxyServer proxy, String name) throws IOException, InterruptedException {
        return get(proxy, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("sparkconnect_proxy_" + name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(-1);
    }
}
