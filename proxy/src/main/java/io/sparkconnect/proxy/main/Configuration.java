/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.netty.util.internal.PlatformDependent;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.listen.ListenerLimits;
import io.sparkconnect.proxy.listen.Transport;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.relay.EngineLimits;
import io.sparkconnect.proxy.route.RouterSettings;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingValue;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.settings.SettingsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A valid configuration, addresses and transport resolved.
 *
 * @param servers servers listed by hand; empty when the registry says
 */
record Configuration(
        Settings settings,
        List<ListenAddress> listen,
        HostPort admin,
        List<ListedServer> servers,
        Transport transport) {
    private static final int KIB = 1024;

    /** Streams may hold half as much again as they should before every one is given up, and the allocator takes twice what is held: 2.7 was measured. */
    private static final long PARTS_OF_DIRECT_MEMORY = 4;

    private static final int WAITING_PER_LANE = 10_000;
    private static final Duration BACK_OFF_FIRST = Duration.ofMillis(100);
    private static final Duration BACK_OFF_MOST = Duration.ofSeconds(5);

    /** @throws SettingsException with every mistake at once */
    static Configuration of(Map<String, SettingValue> given) throws SettingsException {
        List<String> mistakes = new ArrayList<>();
        List<ListenAddress> listen = ListenAddresses.read(given, mistakes);
        List<HostPort> admin = addresses(ProxySettings.ADMIN_LISTEN, given, 0, mistakes);
        List<ListedServer> servers = listed(ProxySettings.SERVERS, given, ListedServer::parse, mistakes);
        if (admin.size() != 1 && mistakes.isEmpty()) {
            mistakes.add(ProxySettings.ADMIN_LISTEN.name() + ": expected: one HOST:PORT");
        }
        checkAddresses(
                listen, admin, servers.stream().map(ListedServer::address).toList(), mistakes);
        try {
            Settings settings = ProxySettings.SCHEMA.read(given, ServiceSettings.SCHEMA);
            ListenAddresses.checkSocketPath(settings.get(ProxySettings.HANDOVER_SOCKET), mistakes);
            checkBuffers(settings.get(ProxySettings.BUFFER_MAX_MIB), mistakes);
            Transport transport = Transport.of(settings.get(ProxySettings.TRANSPORT));
            if (mistakes.isEmpty()) {
                return new Configuration(settings, listen, admin.get(0), servers, transport);
            }
        } catch (SettingsException e) {
            mistakes.addAll(e.mistakes());
        } catch (IllegalArgumentException e) {
            mistakes.add(ProxySettings.TRANSPORT.name() + ": " + e.getMessage());
        }
        throw new SettingsException(mistakes);
    }

    private static void checkAddresses(
            List<ListenAddress> listen, List<HostPort> admin, List<HostPort> servers, List<String> mistakes) {
        List<HostPort> own = Stream.concat(listen.stream().map(ListenAddress::hostPort), admin.stream())
                .toList();
        ListenAddresses.checkDistinct(ProxySettings.LISTEN.name(), own.stream(), mistakes);
        ListenAddresses.checkKnown(ProxySettings.LISTEN.name(), own.stream(), mistakes);
        ListenAddresses.checkDistinct(ProxySettings.SERVERS.name(), servers.stream(), mistakes);
        ListenAddresses.checkKnown(ProxySettings.SERVERS.name(), servers.stream(), mistakes);
    }

    private static void checkBuffers(int wantedMib, List<String> mistakes) {
        long directMib = PlatformDependent.maxDirectMemory() / KIB / KIB;
        if (wantedMib > directMib / 2) {
            mistakes.add(
                    "%s: %d, but all direct memory of this JVM is %d MiB, and the allocator takes twice what is kept: at most %d, or"
                                    .formatted(ProxySettings.BUFFER_MAX_MIB.name(), wantedMib, directMib, directMib / 2)
                            + " give it %dm of -XX:MaxDirectMemorySize (SPARKCONNECT_PROXY_DIRECT_MEMORY)"
                                    .formatted(wantedMib * PARTS_OF_DIRECT_MEMORY));
        }
    }

    /** Where ports are handed over to the next process; empty where they cannot be. */
    Optional<Path> handoverSocket() {
        return transport == Transport.EPOLL
                ? settings.get(ProxySettings.HANDOVER_SOCKET).map(Path::of)
                : Optional.empty();
    }

    ListenerLimits listenerLimits() {
        return new ListenerLimits(
                settings.get(ProxySettings.PREFACE_TIMEOUT),
                settings.get(ProxySettings.CONNECTIONS_MAX),
                settings.get(ProxySettings.CONNECTIONS_PER_ADDRESS));
    }

    EngineLimits engineLimits() {
        return EngineLimits.of(
                AbuseLimits.forClients(
                        settings.get(ProxySettings.STREAMS_PER_CONNECTION),
                        settings.get(ProxySettings.HEADERS_MAX_KIB) * KIB,
                        settings.get(ProxySettings.RESETS_MAX)),
                settings.get(ProxySettings.STREAM_WINDOW_KIB) * KIB,
                settings.get(ProxySettings.CONNECTION_WINDOW_KIB) * KIB,
                bufferedBytes(),
                settings.get(ProxySettings.PREFACE_TIMEOUT),
                settings.get(ProxySettings.FIRST_REQUEST_TIMEOUT),
                settings.get(ProxySettings.CLIENT_IDLE_TIMEOUT),
                settings.get(ProxySettings.REQUEST_HEAD_TIMEOUT),
                settings.get(ProxySettings.CONNECT_TIMEOUT),
                settings.get(ProxySettings.CLIENT_PING_INTERVAL),
                settings.get(ProxySettings.SERVER_PING_INTERVAL),
                settings.get(ProxySettings.PING_TIMEOUT));
    }

    private long bufferedBytes() {
        int mib = settings.get(ProxySettings.BUFFER_MAX_MIB);
        return mib > 0 ? (long) mib * KIB * KIB : PlatformDependent.maxDirectMemory() / PARTS_OF_DIRECT_MEMORY;
    }

    PoolLimits poolLimits() {
        return new PoolLimits(
                settings.get(ProxySettings.SERVER_CONNECTIONS),
                WAITING_PER_LANE,
                settings.get(ProxySettings.CONNECT_TIMEOUT),
                settings.get(ProxySettings.SERVER_IDLE_TIMEOUT),
                BACK_OFF_FIRST,
                BACK_OFF_MOST);
    }

    RouterSettings routerSettings() {
        RouterSettings.Policy policy = settings.get(ProxySettings.POLICY).equals("round-robin")
                ? RouterSettings.Policy.ROUND_ROBIN
                : RouterSettings.Policy.LEAST_SESSIONS;
        RouterSettings.OtherServices otherServices =
                settings.get(ProxySettings.OTHER_SERVICES).equals("any")
                        ? RouterSettings.OtherServices.ANY
                        : RouterSettings.OtherServices.REFUSE;
        return RouterSettings.builder()
                .policy(policy)
                .slowStart(settings.get(ProxySettings.SLOW_START))
                .spark3Sessions(settings.get(ProxySettings.SPARK3_SESSIONS))
                .hold(settings.get(ProxySettings.HOLD_TIME))
                .maxHeld(settings.get(ProxySettings.HOLD_STREAMS))
                .sessionsIdle(settings.get(ProxySettings.SESSIONS_IDLE))
                .recall(servers().isEmpty() ? Duration.ZERO : settings.get(ProxySettings.SESSIONS_IDLE))
                .otherServices(otherServices)
                .build();
    }

    int threads() {
        int wanted = settings.get(ProxySettings.THREADS);
        return wanted > 0 ? wanted : Runtime.getRuntime().availableProcessors();
    }

    static List<HostPort> addresses(
            Setting<?> setting, Map<String, SettingValue> given, int leastPort, List<String> mistakes) {
        return listed(setting, given, text -> HostPort.parse(text, leastPort), mistakes);
    }

    /** The parts of a list between its commas; those that cannot be read become mistakes. */
    private static <T> List<T> listed(
            Setting<?> setting, Map<String, SettingValue> given, Function<String, T> parse, List<String> mistakes) {
        SettingValue value =
                new HashMap<>(given).getOrDefault(setting.name(), new SettingValue(setting.defaultText(), "default"));
        List<T> parts = new ArrayList<>();
        for (String part : value.text().split(",", -1)) {
            if (part.isBlank()) {
                continue;
            }
            try {
                parts.add(parse.apply(part.trim()));
            } catch (IllegalArgumentException e) {
                mistakes.add(setting.name() + ": " + e.getMessage() + "; given in " + value.source());
            }
        }
        return parts;
    }
}
