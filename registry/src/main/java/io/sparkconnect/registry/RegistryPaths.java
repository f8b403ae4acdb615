/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.HexFormat;

/** Where each record lives under {@code /sparkconnect/<service>}. */
public final class RegistryPaths {
    private final String root;

    private RegistryPaths(String root) {
        this.root = root;
    }

    /**
     * @param parent absolute path above all services, such as {@code /sparkconnect}
     * @param service service name, {@code [a-z][a-z0-9-]*}
     */
    public static RegistryPaths of(String parent, String service) {
        if (!parent.startsWith("/") || (parent.length() > 1 && parent.endsWith("/"))) {
            throw new IllegalArgumentException(
                    "registry root: " + parent + " (expected: an absolute path without a slash at its end)");
        }
        return new RegistryPaths((parent.equals("/") ? "" : parent) + "/" + service);
    }

    public String root() {
        return root;
    }

    public String spec() {
        return root + "/spec";
    }

    public String status() {
        return root + "/status";
    }

    public String epoch() {
        return root + "/epoch";
    }

    public String slots() {
        return root + "/slots";
    }

    public String slot(String slot) {
        return slots() + "/" + slot;
    }

    public String servers() {
        return root + "/servers";
    }

    public String server(String serverId) {
        return servers() + "/" + serverId;
    }

    public String deaths() {
        return root + "/deaths";
    }

    public String death(String serverId) {
        return deaths() + "/" + serverId;
    }

    public String sessions() {
        return root + "/sessions";
    }

    /** Bucketed by the first two hex digits: a flat parent of 100,000 children exceeds ZooKeeper's 1 MiB packet. */
    public String session(SessionKey key) {
        String hash = key.hash();
        return sessions() + "/" + hash.substring(0, 2) + "/" + hash;
    }

    /** @param bucket 0 to 255 */
    public String sessionBucket(int bucket) {
        return sessions() + "/" + HexFormat.of().toHexDigits((byte) bucket);
    }

    public String kills() {
        return root + "/kills";
    }

    public String kill(String killId) {
        return kills() + "/" + killId;
    }

    public String proxies() {
        return root + "/proxies";
    }

    public String proxy(String proxyId) {
        return proxies() + "/" + proxyId;
    }
}
