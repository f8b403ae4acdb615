/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys of the proxy. */
public final class ProxySettings {
    /** Everything the proxy knows. */
    public static final SettingsSchema SCHEMA =
            new SettingsSchema(ServiceSettings.PREFIX).include(ServiceSettings.REGISTRY);

    public static final Setting<List<String>> LISTEN = SCHEMA.list(
            "sparkconnect.proxy.listen",
            "0.0.0.0:15002",
            "Addresses that clients connect to, HOST:PORT, comma-separated; IPv6 as [::]:15002; port 0 means any free one. May be empty when sparkconnect.proxy.proxy.protocol.listen is not.");
    public static final Setting<List<String>> PROXY_PROTOCOL_LISTEN = SCHEMA.list(
            "sparkconnect.proxy.proxy.protocol.listen",
            "",
            "Further addresses, HOST:PORT, comma-separated, on which each connection must begin with a PROXY protocol header (version 1 or 2), as load balancers write it to pass the client's address on. Without the header a connection is refused.");
    public static final Setting<List<String>> PROXY_PROTOCOL_TRUSTED = SCHEMA.list(
            "sparkconnect.proxy.proxy.protocol.trusted",
            "",
            "Whose PROXY headers are believed: addresses or ranges such as 10.0.0.0/8 or fd00::/8, comma-separated. Connections from elsewhere are refused on those ports.");
    public static final Setting<String> ADMIN_LISTEN = SCHEMA.text(
            "sparkconnect.proxy.admin.listen",
            "127.0.0.1:15080",
            "Address of /healthz, /readyz, /servers, /pools, /sessions and /metrics, HOST:PORT. There is no password on it.");
    public static final Setting<Optional<String>> ADVERTISED_ADDRESS = SCHEMA.optionalText(
            "sparkconnect.proxy.advertised.address",
            "HOST:PORT that the registry shows for this proxy; empty means this host's name and the first port listened on.");
    public static final Setting<List<String>> SERVERS = SCHEMA.list(
            "sparkconnect.proxy.servers",
            "",
            "Spark Connect servers, HOST:PORT or HOST:PORT*WEIGHT, comma-separated, for use without ZooKeeper; empty means the registry says. A server of weight 2 gets twice the sessions of one of weight 1, the default; weight 0 means no new ones. HOST:PORT@POOL is a server of that pool: clients choose one by x-pool, and get the pool called default, or else the first that is listed, without; rules on users need ZooKeeper.");
    public static final Setting<Integer> SERVERS_SESSIONS = SCHEMA.integer(
            "sparkconnect.proxy.servers.sessions",
            1000,
            1,
            100_000,
            "Most sessions placed on one server of sparkconnect.proxy.servers. The proxy asks each whether it is of Spark 3.x, which evicts sessions silently above some 60: there sparkconnect.proxy.spark3.sessions holds too.");

    public static final Setting<String> POLICY = SCHEMA.text(
            "sparkconnect.proxy.policy",
            "least-sessions",
            "least-sessions|round-robin",
            "How a server is chosen for a new session: the one with the fewest sessions for its weight, or each in turn, as often as its weight says.");
    public static final Setting<Duration> SLOW_START = SCHEMA.duration(
            "sparkconnect.proxy.slow.start",
            "30s",
            ofMillis(0),
            ofHours(1),
            "How long a fresh server's share of new sessions grows, from a tenth until it is a full one, so that it is not overrun while it is cold; 0s means at once. When no other has room it takes all.");
    public static final Setting<Integer> SPARK3_SESSIONS = SCHEMA.integer(
            "sparkconnect.proxy.spark3.sessions",
            60,
            1,
            100_000,
            "Most sessions on a server of Spark 3.x, also where sparkconnect.sessions.per.server allows more: above some 60 it evicts sessions silently.");
    public static final Setting<Duration> HOLD_TIME = SCHEMA.duration(
            "sparkconnect.proxy.hold.time",
            "60s",
            ofMillis(0),
            ofHours(1),
            "How long the request of a new session waits for a server before it is told to come back later.");
    public static final Setting<Integer> HOLD_STREAMS = SCHEMA.integer(
            "sparkconnect.proxy.hold.streams",
            10_000,
            0,
            1_000_000,
            "Most requests that are held at once because no server takes their session; one more is told to come back later. Requests of sessions that have a server are not among them. Each keeps 64 KiB at most, and sparkconnect.proxy.buffer.max.mib bounds them all.");
    public static final Setting<Duration> SESSIONS_IDLE = SCHEMA.duration(
            "sparkconnect.proxy.sessions.idle",
            "2h",
            ofSeconds(1),
            ofDays(30),
            "A session is forgotten this long after its last request; longer than the servers keep it.");

    public static final Setting<String> OTHER_SERVICES = SCHEMA.text(
            "sparkconnect.proxy.other.services",
            "refuse",
            "refuse|any",
            "What becomes of calls of other gRPC services, such as grpc.health.v1.Health or server reflection, which carry no session: they are refused with UNIMPLEMENTED, or any ready server gets them.");

    public static final Setting<Integer> THREADS =
            SCHEMA.integer("sparkconnect.proxy.threads", 0, 0, 1024, "Event loops; 0 means one for each processor.");
    public static final Setting<String> TRANSPORT = SCHEMA.text(
            "sparkconnect.proxy.transport",
            "auto",
            "auto|epoll|nio",
            "How sockets are waited for; auto means epoll where it works.");
    public static final Setting<Integer> CONNECTIONS_MAX = SCHEMA.integer(
            "sparkconnect.proxy.connections.max", 20_000, 1, 1_000_000, "Most client connections; one more is closed.");
    public static final Setting<Integer> CONNECTIONS_PER_ADDRESS = SCHEMA.integer(
            "sparkconnect.proxy.connections.per.address",
            0,
            0,
            1_000_000,
            "Most connections of one client address; one more is closed; 0 means no limit. Many users may share an address, as behind a NAT or a notebook server.");
    public static final Setting<Integer> STREAMS_MAX = SCHEMA.integer(
            "sparkconnect.proxy.streams.max",
            50_000,
            1,
            10_000_000,
            "Most requests open at once over all connections; one more is told RESOURCE_EXHAUSTED. Releases and interrupts are never refused, and reattaches may exceed it by a tenth, and by 100 at least.");
    public static final Setting<Integer> STREAMS_PER_CONNECTION = SCHEMA.integer(
            "sparkconnect.proxy.streams.per.connection",
            1000,
            1,
            100_000,
            "Most requests that one client connection may have open.");
    public static final Setting<Integer> STREAM_WINDOW_KIB = SCHEMA.integer(
            "sparkconnect.proxy.stream.window.kib",
            1024,
            64,
            16_384,
            "HTTP/2 window of a stream in KiB: the most bytes of it that wait in the proxy in each direction. They may hold up to four times as much memory as long as there is plenty; sparkconnect.proxy.buffer.max.mib bounds the memory of all.");
    public static final Setting<Integer> CONNECTION_WINDOW_KIB = SCHEMA.integer(
            "sparkconnect.proxy.connection.window.kib",
            16_384,
            1024,
            1_048_576,
            "HTTP/2 window of a connection in KiB. It is refilled at once, so it limits throughput over far lines only.");
    public static final Setting<Integer> BUFFER_MAX_MIB = SCHEMA.integer(
            "sparkconnect.proxy.buffer.max.mib",
            0,
            0,
            1_048_576,
            "Most MiB of memory that the proxy holds for all requests together, because a client or a server does not read. When that much is held, new requests are told to come back later, new connections wait, and requests of which nothing was read for a second are ended with UNAVAILABLE, the largest first, until an eighth is free; a Spark client reattaches to such a query. A quarter above, those that hold more than 64 KiB are ended at once; half above, any that would hold more. The allocator may take twice as much from the system, so 0 means a quarter of the JVM's direct memory (-XX:MaxDirectMemorySize).");
    public static final Setting<Integer> HEADERS_MAX_KIB = SCHEMA.integer(
            "sparkconnect.proxy.headers.max.kib", 16, 8, 1024, "Largest request headers of a client in KiB.");
    public static final Setting<Integer> RESETS_MAX = SCHEMA.integer(
            "sparkconnect.proxy.resets.max",
            500,
            10,
            1_000_000,
            "Requests that a client connection may break off in 30 s, before it is closed as an attack.");

    public static final Setting<Duration> PREFACE_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.preface.timeout",
            "10s",
            ofMillis(100),
            ofMinutes(10),
            "How long a new connection may take to say that it speaks HTTP/2.");
    public static final Setting<Duration> FIRST_REQUEST_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.first.request.timeout",
            "5m",
            ofMillis(0),
            ofDays(1),
            "How long a new connection may be silent before its first request; 0s means forever. Then it is told to go away (GOAWAY) and closed; a gRPC client connects anew for its next request, and reports no error.");
    public static final Setting<Duration> CLIENT_IDLE_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.client.idle.timeout",
            "24h",
            ofMillis(0),
            ofDays(365),
            "How long a client's connection may be without an open request; 0s means forever. Then it is told to go away (GOAWAY) and closed; its sessions stay, and a gRPC client connects anew for its next request, and reports no error.");
    public static final Setting<Duration> REQUEST_HEAD_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.request.head.timeout",
            "60s",
            ofMillis(100),
            ofHours(1),
            "How long a request may take until its first message says whose it is.");
    public static final Setting<Duration> CONNECT_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.connect.timeout",
            "10s",
            ofMillis(10),
            ofMinutes(5),
            "How long a connection to a server may take, its HTTP/2 greeting included.");
    public static final Setting<Integer> SERVER_CONNECTIONS = SCHEMA.integer(
            "sparkconnect.proxy.server.connections",
            4,
            1,
            1024,
            "Most connections of one event loop to one server, for small calls and for results each.");
    public static final Setting<Duration> SERVER_IDLE_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.server.idle.timeout",
            "1h",
            ofMillis(100),
            ofDays(30),
            "An unused connection to a server is closed after this.");
    public static final Setting<Duration> SERVER_PING_INTERVAL = SCHEMA.duration(
            "sparkconnect.proxy.server.ping.interval",
            "5m",
            ofMillis(0),
            ofDays(1),
            "How often a silent server with open requests is pinged; 0s means never. Servers up to Spark 4.2 close connections that are pinged more often than every 5m.");
    public static final Setting<Duration> CLIENT_PING_INTERVAL = SCHEMA.duration(
            "sparkconnect.proxy.client.ping.interval",
            "90s",
            ofMillis(0),
            ofDays(1),
            "How often a silent client with open requests is pinged; 0s means never. Keeps load balancers and NAT from forgetting the connection.");
    public static final Setting<Duration> PING_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.ping.timeout",
            "20s",
            ofMillis(10),
            ofMinutes(10),
            "A connection that does not answer a ping within this is broken.");
    public static final Setting<Duration> DRAIN_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.drain.timeout",
            "30s",
            ofMillis(0),
            ofDays(1),
            "How long a stopping proxy waits for open requests to end; those left are told that it is unavailable.");
    public static final Setting<Optional<String>> HANDOVER_SOCKET = SCHEMA.optionalText(
            "sparkconnect.proxy.handover.socket",
            "Unix socket on which this proxy offers its open ports to the process that replaces it (--take-over), so that a restart refuses no connection; empty means none. Needs transport epoll. scripts/sparkconnect-proxy.sh sets it.");
    public static final Setting<Duration> HANDOVER_TIMEOUT = SCHEMA.duration(
            "sparkconnect.proxy.handover.timeout",
            "60s",
            ofMillis(100),
            ofHours(1),
            "How long a proxy that takes over may need until it is ready; after that it gives up and the old one stays.");
    public static final Setting<Boolean> ACCESS_LOG =
            SCHEMA.flag("sparkconnect.proxy.access.log", false, "Whether each request gets a line in the access log.");

    private ProxySettings() {}
}
