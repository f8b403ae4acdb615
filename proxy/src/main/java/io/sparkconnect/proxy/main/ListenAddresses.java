/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.proxy.listen.AddressRanges;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingValue;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads what is listened on, and checks addresses as a whole; what is wrong is added to a list of mistakes. Stateless. */
final class ListenAddresses {
    /** What {@code sockaddr_un} holds, its final zero excluded. */
    private static final int MOST_SOCKET_PATH_BYTES = 107;

    private ListenAddresses() {}

    static List<ListenAddress> read(Map<String, SettingValue> given, List<String> mistakes) {
        List<ListenAddress> addresses = new ArrayList<>();
        for (HostPort own : Configuration.addresses(ProxySettings.LISTEN, given, 0, mistakes)) {
            addresses.add(new ListenAddress(own, ProxySettings.LISTEN, null));
        }
        AddressRanges trusted = trusted(given, mistakes);
        List<HostPort> behind = Configuration.addresses(ProxySettings.PROXY_PROTOCOL_LISTEN, given, 0, mistakes);
        for (HostPort address : behind) {
            addresses.add(new ListenAddress(address, ProxySettings.PROXY_PROTOCOL_LISTEN, trusted));
        }
        if (!behind.isEmpty()
                && parts(ProxySettings.PROXY_PROTOCOL_TRUSTED, given).isEmpty()) {
            mistakes.add(ProxySettings.PROXY_PROTOCOL_TRUSTED.name()
                    + ": empty (expected: the load balancer's addresses, as 10.0.0.0/16, because "
                    + ProxySettings.PROXY_PROTOCOL_LISTEN.name() + " is set)");
        }
        boolean nothingGiven = parts(ProxySettings.LISTEN, given).isEmpty()
                && parts(ProxySettings.PROXY_PROTOCOL_LISTEN, given).isEmpty();
        if (nothingGiven) {
            mistakes.add(ProxySettings.LISTEN.name() + ": empty (expected: at least one HOST:PORT)");
        }
        return addresses;
    }

    private static AddressRanges trusted(Map<String, SettingValue> given, List<String> mistakes) {
        List<String> wrong = new ArrayList<>();
        AddressRanges trusted = AddressRanges.parse(parts(ProxySettings.PROXY_PROTOCOL_TRUSTED, given), wrong);
        String source = value(ProxySettings.PROXY_PROTOCOL_TRUSTED, given).source();
        wrong.forEach(text ->
                mistakes.add(ProxySettings.PROXY_PROTOCOL_TRUSTED.name() + ": " + text + "; given in " + source));
        return trusted;
    }

    /** Each address once; port 0 is another one each time. */
    static void checkDistinct(String setting, Stream<HostPort> addresses, List<String> mistakes) {
        Set<HostPort> seen = new HashSet<>();
        Set<HostPort> told = new HashSet<>();
        addresses
                .filter(address -> address.port() != 0 && !seen.add(address) && told.add(address))
                .forEach(address -> mistakes.add(setting + ": " + address + " is listed twice"));
    }

    /** Asks the name service, for all at once. */
    static void checkKnown(String setting, Stream<HostPort> addresses, List<String> mistakes) {
        List<String> unknown = addresses.map(HostPort::host).distinct().toList().parallelStream()
                .filter(host -> !isKnown(host))
                .toList();
        unknown.forEach(host -> mistakes.add(setting + ": " + host
                + " is no known host (expected: a name that this host" + " can look up, or an address)"));
    }

    private static boolean isKnown(String host) {
        try {
            InetAddress.getByName(host);
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** A path that a socket can have. */
    static void checkSocketPath(Optional<String> path, List<String> mistakes) {
        if (path.isEmpty()) {
            return;
        }
        Path parent = Path.of(path.get()).toAbsolutePath().getParent();
        if (path.get().getBytes(StandardCharsets.UTF_8).length > MOST_SOCKET_PATH_BYTES) {
            mistakes.add(ProxySettings.HANDOVER_SOCKET.name() + ": " + path.get() + " (expected: at most "
                    + MOST_SOCKET_PATH_BYTES + " bytes, as the system demands of sockets)");
        } else if (parent == null || !Files.isDirectory(parent) || !Files.isWritable(parent)) {
            mistakes.add(ProxySettings.HANDOVER_SOCKET.name() + ": " + path.get() + " (expected: in a directory that"
                    + " exists and can be written)");
        }
    }

    private static List<String> parts(Setting<?> setting, Map<String, SettingValue> given) {
        return Arrays.stream(value(setting, given).text().split(",", -1))
                .map(String::trim)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    private static SettingValue value(Setting<?> setting, Map<String, SettingValue> given) {
        return new HashMap<>(given).getOrDefault(setting.name(), new SettingValue(setting.defaultText(), "default"));
    }
}
