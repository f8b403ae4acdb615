/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import java.net.InetSocketAddress;

/**
 * An address as people write it.
 *
 * @param host name or address, an IPv6 one without its brackets
 */
record HostPort(String host, int port) {
    private static final int MOST = 65_535;

    /**
     * @param text {@code host:port} or {@code [v6]:port}
     * @param leastPort 0 where any free port may be meant, otherwise 1
     * @throws IllegalArgumentException saying what was expected
     */
    static HostPort parse(String text, int leastPort) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException(text + " (expected: IPv6 in brackets, as [::1]:15002)");
        }
        int port = -1;
        try {
            port = colon < 0 ? -1 : Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException e) {
            port = -1;
        }
        if (host.isBlank() || host.chars().anyMatch(Character::isWhitespace) || port < leastPort || port > MOST) {
            throw new IllegalArgumentException(
                    text + " (expected: HOST:PORT with a port from " + leastPort + " to " + MOST + ")");
        }
        return new HostPort(host, port);
    }

    /** Asks the name service; unresolved when it does not know the host. */
    InetSocketAddress toSocketAddress() {
        return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
