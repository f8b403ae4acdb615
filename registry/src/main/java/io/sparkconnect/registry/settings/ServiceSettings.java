/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The keys of the service: what the launcher validates and the ApplicationMaster lives by. */
public final class ServiceSettings {
    public static final String PREFIX = "sparkconnect.";

    /** Shared with the proxy: where the service is found. */
    public static final SettingsSchema REGISTRY = new SettingsSchema(PREFIX);

    public static final Setting<String> SERVICE_NAME = REGISTRY.text(
            "sparkconnect.service.name",
            "sparkconnect",
            "[a-z][a-z0-9-]{0,39}",
            "Name of the service: its YARN application, its tag and its node in ZooKeeper.");
    public static final Setting<String> ZOOKEEPER_QUORUM = REGISTRY.text(
            "sparkconnect.zookeeper.quorum", "localhost:2181", "ZooKeeper servers, host:port, comma-separated.");
    public static final Setting<String> ZOOKEEPER_ROOT = REGISTRY.text(
            "sparkconnect.zookeeper.root",
            "/sparkconnect",
            "(/[A-Za-z0-9._-]+)+",
            "Path in ZooKeeper below which each service has its node.");
    public static final Setting<Duration> ZOOKEEPER_SESSION_TIMEOUT = REGISTRY.duration(
            "sparkconnect.zookeeper.session.timeout",
            "30s",
            ofSeconds(4),
            ofMinutes(10),
            "ZooKeeper session time-out that we ask for; the ensemble bounds it.");
    public static final Setting<Duration> ZOOKEEPER_CONNECT_TIMEOUT = REGISTRY.duration(
            "sparkconnect.zookeeper.connect.timeout",
            "10s",
            ofMillis(100),
            ofMinutes(5),
            "How long a command waits for ZooKeeper before it says that it is away.");

    /** Everything the launcher and the AM know. */
    public static final SettingsSchema SCHEMA = new SettingsSchema(PREFIX).include(REGISTRY);

    public static final Setting<String> QUEUE = SCHEMA.text(
            "sparkconnect.queue",
            "sparkconnect",
            "YARN queue of the ApplicationMaster and of the servers' containers.");
    public static final Setting<String> EXECUTORS_QUEUE = SCHEMA.text(
            "sparkconnect.executors.queue",
            "default",
            "YARN queue of each server's own application, that is: of its executors.");
    public static final Setting<Integer> SERVERS_MIN =
            SCHEMA.integer("sparkconnect.servers.min", 2, 0, 1000, "Servers to keep.");
    public static final Setting<Integer> SERVERS_MAX = SCHEMA.integer(
            "sparkconnect.servers.max",
            10,
            1,
            1000,
            "Most servers ever that take sessions or start, also while a rollout replaces them; those that drain do not count. At least sparkconnect.servers.min.");
    public static final Setting<Integer> SESSIONS_PER_SERVER = SCHEMA.integer(
            "sparkconnect.sessions.per.server",
            60,
            1,
            100_000,
            "Most sessions that the proxies place on one server. Spark 3.x evicts sessions silently above some 60.");
    public static final Setting<Integer> SERVERS_SPARE = SCHEMA.integer(
            "sparkconnect.servers.spare",
            0,
            0,
            1000,
            "Servers kept free beyond what sessions need, for those that come at once; none while there is no session and sparkconnect.servers.min is 0.");

    public static final Setting<Boolean> SCALING_ENABLED = SCHEMA.flag(
            "sparkconnect.scaling.enabled",
            true,
            "Whether the number of servers follows the load between sparkconnect.servers.min and sparkconnect.servers.max; false keeps the minimum.");
    public static final Setting<Integer> SCALING_FILL_PERCENT = SCHEMA.integer(
            "sparkconnect.scaling.fill.percent",
            80,
            1,
            100,
            "How full servers may be before one more is wanted, in percent of sparkconnect.sessions.per.server.");
    public static final Setting<Integer> SCALING_OPERATIONS = SCHEMA.integer(
            "sparkconnect.scaling.operations.per.server",
            0,
            0,
            100_000,
            "Running queries that one server shall have at most, on the average, before one more is wanted; 0 leaves queries out of account. Spark 3.x cannot count them.");
    public static final Setting<Integer> SCALING_OUT_STEP = SCHEMA.integer(
            "sparkconnect.scaling.out.step",
            4,
            1,
            1000,
            "Most servers on their way at once beyond sparkconnect.servers.min.");
    public static final Setting<Duration> SCALING_OUT_COOLDOWN = SCHEMA.duration(
            "sparkconnect.scaling.out.cooldown", "15s", ofMillis(0), ofHours(1), "Least time between two steps up.");
    public static final Setting<Integer> SCALING_IN_STEP =
            SCHEMA.integer("sparkconnect.scaling.in.step", 1, 1, 1000, "Most servers that one step down gives up.");
    public static final Setting<Duration> SCALING_IN_COOLDOWN = SCHEMA.duration(
            "sparkconnect.scaling.in.cooldown", "1m", ofMillis(0), ofDays(1), "Least time between two steps down.");
    public static final Setting<Duration> SCALING_IN_IDLE = SCHEMA.duration(
            "sparkconnect.scaling.in.idle",
            "10m",
            ofMillis(0),
            ofDays(7),
            "For how long fewer servers must have been enough before the emptiest one is given up.");
    public static final Setting<Duration> SCALING_IN_DRAIN = SCHEMA.duration(
            "sparkconnect.scaling.in.drain.timeout",
            "0s",
            ofMillis(0),
            ofDays(30),
            "How long a server that is given up may keep its sessions before they are lost; 0s lets them end by themselves.");
    public static final Setting<Duration> SCALING_ASK_PATIENCE = SCHEMA.duration(
            "sparkconnect.scaling.ask.patience",
            "2m",
            ofSeconds(1),
            ofDays(1),
            "For how long YARN may give no container before asks beyond sparkconnect.servers.min are withdrawn.");
    public static final Setting<Duration> SCALING_ASK_PAUSE = SCHEMA.duration(
            "sparkconnect.scaling.ask.pause",
            "5m",
            ofSeconds(1),
            ofDays(1),
            "For how long no more servers are asked for after asks were withdrawn, or after YARN took containers for another queue or wanted them back.");

    public static final Setting<Integer> SERVER_MEMORY =
            SCHEMA.memoryMiB("sparkconnect.server.memory", "1g", 256, "Heap of each server's driver.");
    public static final Setting<Optional<Integer>> SERVER_MEMORY_OVERHEAD = SCHEMA.optionalMemoryMiB(
            "sparkconnect.server.memory.overhead",
            0,
            "What a server's container has beyond the heap; empty means 10 % of it and at least 384m.");
    public static final Setting<Integer> SERVER_VCORES =
            SCHEMA.integer("sparkconnect.server.vcores", 1, 1, 1024, "Virtual cores of each server's container.");
    public static final Setting<Optional<String>> SPARK_HOME = SCHEMA.optionalText(
            "sparkconnect.spark.home",
            "SPARK_HOME, at the same path on every node; empty means the launcher's own SPARK_HOME. Not together with sparkconnect.spark.archive.");
    public static final Setting<Optional<String>> SPARK_ARCHIVE = SCHEMA.optionalText(
            "sparkconnect.spark.archive",
            "URI of a Spark distribution (.tgz, .tar.gz or .zip) that YARN unpacks for each server, in place of sparkconnect.spark.home.");
    public static final Setting<Optional<String>> SERVER_JAVA_HOME = SCHEMA.optionalText(
            "sparkconnect.server.java.home", "JAVA_HOME of servers and executors; empty means the node's own.");
    public static final Setting<Optional<String>> SERVER_NODE_LABEL = SCHEMA.optionalText(
            "sparkconnect.server.node.label",
            "Node label expression of the servers' containers; empty means the queue's default.");
    public static final Setting<String> PLACEMENT_SPREAD = SCHEMA.text(
            "sparkconnect.placement.spread",
            "auto",
            "auto|blacklist|constraints",
            "How servers are spread over nodes: auto uses YARN's placement constraints where the ResourceManager has them on and they do no harm there, else the application's blacklist; blacklist never uses them; constraints uses them wherever YARN takes them. status says which way is used and why.");
    public static final Setting<Map<String, String>> SERVER_CONF = SCHEMA.family(
            "sparkconnect.server.conf.*",
            "Spark configuration of the servers: sparkconnect.server.conf.spark.executor.memory=4g.");
    public static final Setting<Map<String, String>> SERVER_ENVIRONMENT =
            SCHEMA.family("sparkconnect.server.env.*", "Environment variables of the servers.");

    public static final Setting<List<String>> POOLS = SCHEMA.list(
            "sparkconnect.pools",
            "",
            "Names of further pools beside the one called default, such as etl,adhoc: small letters, digits and hyphens, at most 40. A pool has servers of its own; what is not said of it is as for the service.");
    public static final Setting<String> POOLS_DEFAULT = SCHEMA.text(
            "sparkconnect.pools.default",
            PoolSettings.DEFAULT,
            PoolSettings.NAME,
            "The pool of sessions whose client names none (by x-pool) and whose user no sparkconnect.pool.NAME.users names.");
    public static final Setting<Map<String, String>> POOL = SCHEMA.family(
            "sparkconnect.pool.*",
            "as for the service",
            "What one pool has of its own: sparkconnect.pool.NAME.servers.max for sparkconnect.servers.max and so on; sparkconnect.pool.NAME.server.conf.spark.executor.memory adds to the service's Spark configuration or changes it, and an empty value takes it out. sparkconnect.pool.NAME.users lists whose sessions go to the pool: user names, comma-separated, * for any characters; exact names are looked at first, then patterns in the order of sparkconnect.pools.",
            PoolSettings::check);

    public static final Setting<Duration> SERVER_READY_TIMEOUT = SCHEMA.duration(
            "sparkconnect.server.ready.timeout",
            "5m",
            ofSeconds(1),
            ofHours(2),
            "How long a started container may take until its server answers, before it is replaced.");
    public static final Setting<Duration> SERVER_LAUNCH_TIMEOUT = SCHEMA.duration(
            "sparkconnect.server.launch.timeout",
            "2m",
            ofSeconds(1),
            ofHours(2),
            "How long an allocated container may take to be started by its NodeManager (localisation excluded).");
    public static final Setting<Duration> HEALTH_INTERVAL = SCHEMA.duration(
            "sparkconnect.server.health.interval",
            "2s",
            ofMillis(50),
            ofMinutes(5),
            "How often each server's agent is asked for its health and load.");
    public static final Setting<Integer> HEALTH_FAILURES = SCHEMA.integer(
            "sparkconnect.server.health.failures",
            3,
            1,
            100,
            "Health questions failed in a row after which a server is replaced. One that stays unanswered counts again and again, so that a hung server is found within this many intervals, and one that answers late is left alone.");
    public static final Setting<Duration> BACKOFF_INITIAL = SCHEMA.duration(
            "sparkconnect.server.backoff.initial",
            "1s",
            ofMillis(1),
            ofHours(1),
            "First pause before a server that died is replaced; doubles with each further failure, with jitter.");
    public static final Setting<Duration> BACKOFF_MAX =
            SCHEMA.duration("sparkconnect.server.backoff.max", "5m", ofMillis(1), ofDays(1), "Longest such pause.");
    public static final Setting<Duration> STABLE_AFTER = SCHEMA.duration(
            "sparkconnect.server.stable.after",
            "5m",
            ofMillis(1),
            ofDays(7),
            "How long a server must have been ready for its earlier failures to be forgotten.");
    public static final Setting<Duration> STOP_GRACE = SCHEMA.duration(
            "sparkconnect.server.stop.grace",
            "10s",
            ofMillis(0),
            ofMinutes(10),
            "How long a server may take to end by itself after it was told to, before its container is killed.");
    public static final Setting<Duration> DRAIN_TIMEOUT = SCHEMA.duration(
            "sparkconnect.drain.timeout",
            "2m",
            ofMillis(0),
            ofDays(7),
            "How long sessions may go on when their server drains: before a stop, a restart, an upgrade, or when it is not needed any more.");
    public static final Setting<Integer> ROLLOUT_FAILURES = SCHEMA.integer(
            "sparkconnect.rollout.failures",
            3,
            1,
            1000,
            "New servers that may fail before one is ready until a restart or an upgrade is rolled back.");
    public static final Setting<Duration> ROLLOUT_PROGRESS_TIMEOUT = SCHEMA.duration(
            "sparkconnect.rollout.progress.timeout",
            "20m",
            ofSeconds(10),
            ofDays(7),
            "How long a restart or an upgrade may wait for its next server to be ready before it is rolled back.");
    public static final Setting<Integer> CRASH_LAUNCHES = SCHEMA.integer(
            "sparkconnect.server.crash.launches.per.minute",
            10,
            1,
            1000,
            "Most servers per minute and pool that are started in place of servers that failed.");
    public static final Setting<Duration> DEATHS_KEEP = SCHEMA.duration(
            "sparkconnect.deaths.keep",
            "24h",
            ofMinutes(1),
            ofDays(30),
            "How long the cause of a server's end is kept for clients that come back.");

    public static final Setting<Integer> AM_MEMORY = SCHEMA.memoryMiB(
            "sparkconnect.am.memory",
            "768m",
            256,
            "Container size of the ApplicationMaster; its heap is three quarters of it.");
    public static final Setting<Integer> AM_VCORES =
            SCHEMA.integer("sparkconnect.am.vcores", 1, 1, 1024, "Virtual cores of the ApplicationMaster's container.");
    public static final Setting<Optional<String>> AM_JAVA_HOME = SCHEMA.optionalText(
            "sparkconnect.am.java.home",
            "JAVA_HOME of the ApplicationMaster (Java 17 or later); empty means the node's own.");
    public static final Setting<String> AM_JAVA_OPTS =
            SCHEMA.text("sparkconnect.am.java.opts", "", "Further JVM options of the ApplicationMaster.");
    public static final Setting<Optional<String>> AM_NODE_LABEL = SCHEMA.optionalText(
            "sparkconnect.am.node.label", "Node label expression of the ApplicationMaster's container.");
    public static final Setting<Integer> AM_MAX_ATTEMPTS = SCHEMA.integer(
            "sparkconnect.am.max.attempts",
            20,
            2,
            1000,
            "ApplicationMaster failures within sparkconnect.am.attempts.validity that end the service; the cluster bounds it.");
    public static final Setting<Duration> AM_ATTEMPTS_VALIDITY = SCHEMA.duration(
            "sparkconnect.am.attempts.validity",
            "10m",
            ofSeconds(10),
            ofDays(1),
            "Failures of the ApplicationMaster older than this are forgotten.");
    public static final Setting<Duration> AM_HEARTBEAT = SCHEMA.duration(
            "sparkconnect.am.heartbeat",
            "1s",
            ofMillis(50),
            ofSeconds(30),
            "How often the ApplicationMaster talks to the ResourceManager.");
    public static final Setting<Integer> AM_PORT = SCHEMA.integer(
            "sparkconnect.am.port",
            0,
            0,
            65535,
            "Port of the ApplicationMaster's page and of the agents' join; 0 means any free one.");
    public static final Setting<Optional<String>> STAGING_DIR = SCHEMA.optionalText(
            "sparkconnect.staging.dir",
            "Directory on the default file system for what containers download; empty means .sparkconnect in the home directory of the launching user.");
    public static final Setting<List<String>> YARN_TAGS =
            SCHEMA.list("sparkconnect.yarn.tags", "", "Further YARN application tags.");

    private ServiceSettings() {}
}
