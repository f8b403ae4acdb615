/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** HAProxy in one of the ways in which it is put in front of Spark Connect. */
enum HaproxyPeer implements Peer {
    /** The common recipe: forwards bytes, sticks to the source address. */
    TCP("mode tcp; stick on src (one server for all behind one address)") {
        @Override
        String body(int port) {
            return tcp(port, "");
        }

        @Override
        String server(int number, InetSocketAddress address) {
            return "    server s%d 127.0.0.1:%d check inter 30s%n".formatted(number, address.getPort());
        }
    },

    /** The same, bytes moved between the sockets inside the kernel. */
    TCP_SPLICE("mode tcp with splice; stick on src (one server for all behind one address)") {
        @Override
        String body(int port) {
            return tcp(port, "    option splice-auto\n    option splice-request\n    option splice-response\n");
        }

        @Override
        String server(int number, InetSocketAddress address) {
            return TCP.server(number, address);
        }
    },

    /**
     * HTTP/2 on both sides, the session id read out of the request message, while that fits tune.bufsize. By hash, not by a
     * stick table: with a table, first calls of a session that arrive together were seen to part.
     */
    H2_BODY("HTTP/2; http-buffer-request and hash of req.body,ungrpc(1) (messages up to 16 KiB)") {
        @Override
        String body(int port) {
            return """
                    defaults
                        mode http
                        timeout connect 10s
                        timeout client 1h
                        timeout server 1h
                        option http-buffer-request
                        http-reuse always
                    frontend spark_connect
                        bind 127.0.0.1:%d proto h2
                        default_backend servers
                    backend servers
                        balance hash req.body,ungrpc(1)
                    """.formatted(port);
        }

        @Override
        String server(int number, InetSocketAddress address) {
            return "    server s%d 127.0.0.1:%d proto h2%n".formatted(number, address.getPort());
        }
    };

    private final String way;

    HaproxyPeer(String way) {
        this.way = way;
    }

    abstract String body(int port);

    abstract String server(int number, InetSocketAddress address);

    @Override
    public String label() {
        return "haproxy-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public @Nullable String missing() {
        return Programs.find("haproxy").isPresent()
                ? null
                : "no haproxy on the path (Debian, Ubuntu: apt-get install haproxy)";
    }

    @Override
    public String description() {
        return Programs.firstLine(List.of(program().toString(), "-v")).replaceFirst(" - https.*", "") + "; " + way;
    }

    @Override
    public RunningPeer start(List<InetSocketAddress> servers, Placement placement, Path directory) throws IOException {
        int port = RunningPeer.freePort();
        StringBuilder text = new StringBuilder("""
                global
                    maxconn 4096
                    nbthread %d
                    tune.h2.initial-window-size 1048576
                    tune.h2.max-concurrent-streams 1000
                """.formatted(placement.peerThreads()));
        text.append(body(port));
        for (int i = 0; i < servers.size(); i++) {
            text.append(server(i + 1, servers.get(i)));
        }
        Path file = directory.resolve(label() + ".cfg");
        Files.writeString(file, text);
        List<String> command = List.of(program().toString(), "-db", "-f", file.toString());
        return RunningPeer.launch(this, command, placement, port, false, directory.resolve(label() + ".log"));
    }

    private static Path program() {
        return Programs.find("haproxy").orElseThrow();
    }

    private static String tcp(int port, String options) {
        return """
                defaults
                    mode tcp
                    timeout connect 10s
                    timeout client 1h
                    timeout server 1h
                %sfrontend spark_connect
                    bind 127.0.0.1:%d
                    default_backend servers
                backend servers
                    balance leastconn
                    stick-table type ip size 1m expire 2h
                    stick on src
                """.formatted(options, port);
    }
}
