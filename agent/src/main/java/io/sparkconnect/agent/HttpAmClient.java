/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Over the JDK's HTTP client. Past any proxy that the driver's users configured for their own downloads; follows the
 * redirect by which a standby ResourceManager points to the active one.
 */
final class HttpAmClient implements AmClient {
    private static final int EXCERPT_BYTES = 300;

    private final Duration timeout;
    private final HttpClient http;

    HttpAmClient(Duration timeout) {
        this.timeout = timeout;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
    }

    @Override
    public Answer put(URI url, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(json, StandardCharsets.UTF_8))
                .build();
        HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            // The ResourceManager's proxy answers with whole pages: the status is in by now, a slow page is not waited
            // for.
            byte[] excerpt = body.readNBytes(Math.min(EXCERPT_BYTES, Math.max(body.available(), 0)));
            String text = new String(excerpt, StandardCharsets.UTF_8).replaceAll("\\s+", " ");
            return new Answer(response.statusCode(), text.strip());
        }
    }
}
