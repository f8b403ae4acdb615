/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All peers by name. */
public final class Peers {
    /** The peer that ratios refer to. */
    public static final String REFERENCE = "haproxy-tcp";

    /** What runs when nobody says otherwise. */
    public static final List<String> DEFAULT = List.of("direct", REFERENCE, "haproxy-h2-body", "envoy", "proxy");

    private static final String JAR = "jar=";

    private final Map<String, Peer> known = new LinkedHashMap<>();
    private final Path root;
    private final List<String> proxyOptions;
    private final List<String> proxyArguments;

    /** {@code root}: the checkout. The options are for the JVM of our proxy, the arguments for the proxy itself. */
    public Peers(Path root, List<String> proxyOptions, List<String> proxyArguments) {
        this.root = root;
        this.proxyOptions = List.copyOf(proxyOptions);
        this.proxyArguments = List.copyOf(proxyArguments);
        add(new DirectPeer());
        for (HaproxyPeer haproxy : HaproxyPeer.values()) {
            add(haproxy);
        }
        add(new EnvoyPeer(root.resolve(".build/envoy")));
        addVariant("proxy", List.of());
    }

    /**
     * Our proxy once more under another name, with further JVM options, settings of its own ({@code -Dsparkconnect.…}), or
     * another build ({@code jar=FILE}).
     */
    public void addVariant(String label, List<String> more) {
        List<String> options = new ArrayList<>(proxyOptions);
        List<String> arguments = new ArrayList<>(proxyArguments);
        Path jar = null;
        for (String word : more) {
            if (word.startsWith(JAR)) {
                jar = Path.of(word.substring(JAR.length()));
            } else {
                (word.startsWith("-Dsparkconnect.") ? arguments : options).add(word);
            }
        }
        add(new ProxyPeer(label, root, jar, options, arguments));
    }

    /** The peer of that name; null when there is none. */
    public @Nullable Peer find(String name) {
        return known.get(name);
    }

    public List<String> names() {
        return List.copyOf(known.keySet());
    }

    private void add(Peer peer) {
        known.put(peer.label(), peer);
    }
}
