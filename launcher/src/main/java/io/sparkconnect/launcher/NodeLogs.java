/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Logs of containers by a NodeManager's web services, which has those of running and of just finished ones. */
final class NodeLogs {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String CONTENTS = "LogContents:\n";
    private static final String END = "\nEnd of LogType:";

    private final URI node;

    /** @param logUrl the page of a container's logs on that NodeManager */
    NodeLogs(String logUrl) {
        URI page = URI.create(logUrl);
        this.node = URI.create(page.getScheme() + "://" + page.getAuthority());
    }

    /**
     * The end of a log file.
     *
     * @throws IOException when the node does not answer, does not have it, or wants to know who asks
     */
    String tail(String containerId, String file, long bytes) throws IOException, InterruptedException {
        URI uri = node.resolve("/ws/v1/node/containers/" + containerId + "/logs/" + file + "?size=-" + bytes);
        HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(uri)
                        .timeout(PATIENCE)
                        .header("Accept", "text/plain")
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(uri + " answers " + answer.statusCode() + ": "
                    + InWords.oneLine(answer.body().replaceAll("<[^>]*>", " "), 200));
        }
        return contents(answer.body());
    }

    /** Without what YARN writes around it. */
    static String contents(String text) {
        int start = text.indexOf(CONTENTS);
        if (start < 0) {
            return text;
        }
        String rest = text.substring(start + CONTENTS.length());
        int end = rest.lastIndexOf(END);
        return end < 0 ? rest : rest.substring(0, end);
    }
}
