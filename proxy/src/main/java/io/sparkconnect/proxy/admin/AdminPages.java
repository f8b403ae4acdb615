/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.admin;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.METHOD_NOT_ALLOWED;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is answered to which path. Stateless but for the view. */
final class AdminPages {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final int SESSIONS_SHOWN = 1000;
    private static final int SESSIONS_MOST = 100_000;

    private final ProxyView view;
    private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    AdminPages(ProxyView view) {
        this.view = view;
    }

    record Page(HttpResponseStatus status, String type, String body) {}

    Page page(HttpMethod method, String uri) {
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            return new Page(METHOD_NOT_ALLOWED, TEXT, "Only GET and HEAD.\n");
        }
        QueryStringDecoder query = new QueryStringDecoder(uri);
        return switch (query.path()) {
            case "/healthz" -> new Page(OK, TEXT, "ok\n");
            case "/readyz" -> readiness();
            case "/servers" -> json(Map.of("servers", view.servers()));
            case "/pools" -> json(Map.of("pools", view.pools()));
            case "/sessions" -> sessions(query.parameters().get("limit"));
            case "/metrics" -> new Page(OK, PROMETHEUS, view.metrics());
            default ->
                new Page(NOT_FOUND, TEXT, "Try /healthz, /readyz, /servers, /pools, /sessions?limit=N or /metrics.\n");
        };
    }

    private Page readiness() {
        String reason = view.notReadyBecause();
        String alarm = view.alarm();
        String more = alarm.isEmpty() ? "" : "alarm: " + alarm + "\n";
        return reason.isEmpty()
                ? new Page(OK, TEXT, "ready\n" + more)
                : new Page(SERVICE_UNAVAILABLE, TEXT, "not ready: " + reason + "\n" + more);
    }

    private Page sessions(@Nullable List<String> limit) {
        int most = SESSIONS_SHOWN;
        if (limit != null) {
            try {
                most = Integer.parseInt(limit.get(0));
            } catch (NumberFormatException e) {
                most = -1;
            }
            if (most < 0 || most > SESSIONS_MOST) {
                return new Page(BAD_REQUEST, TEXT, "limit: expected a number, 0 to " + SESSIONS_MOST + "\n");
            }
        }
        return json(Map.of("sessions", view.sessions(most)));
    }

    private Page json(Object value) {
        try {
            return new Page(OK, JSON, json.writeValueAsString(value) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records always become JSON", e);
        }
    }
}
