/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Looks names up away from the event loops: the JDK's look-up blocks. Thread-safe. */
public final class HostResolver {
    private final Executor lookups;

    /** @param lookups runs blocking look-ups; may reject when too many wait */
    public HostResolver(Executor lookups) {
        this.lookups = lookups;
    }

    /** Exactly one callback runs, on the loop; {@code failed} gets the cause in words. */
    public void resolve(String host, EventExecutor loop, Consumer<InetAddress> found, Consumer<String> failed) {
        if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
            byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
            loop.execute(() -> found.accept(addressOf(address)));
            return;
        }
        try {
            lookups.execute(() -> lookUp(host, loop, found, failed));
        } catch (RejectedExecutionException e) {
            loop.execute(() -> failed.accept("too many host names wait to be looked up"));
        }
    }

    private static void lookUp(String host, EventExecutor loop, Consumer<InetAddress> found, Consumer<String> failed) {
        try {
            InetAddress address = InetAddress.getByName(host);
            loop.execute(() -> found.accept(address));
        } catch (UnknownHostException e) {
            loop.execute(() -> failed.accept("unknown host " + host));
        }
    }

    private static InetAddress addressOf(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }
}
