/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.server;

import io.netty.channel.EventLoopGroup;
import io.sparkconnect.bench.wire.Pattern;
import io.sparkconnect.bench.wire.Transport;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The process of the light servers: {@code LightServers COUNT EVENT_LOOPS}. Prints one line, {@code ports A,B,C}, and ends
 * when its standard input does, so that it never outlives the bench.
 */
public final class LightServers {
    private LightServers() {}

    public static void main(String[] args) throws IOException {
        int count = Integer.parseInt(args[0]);
        EventLoopGroup loops = Transport.eventLoops("light-server", Integer.parseInt(args[1]));
        Pattern pattern = new Pattern();
        List<LightConnectServer> servers = IntStream.rangeClosed(1, count)
                .mapToObj(i -> LightConnectServer.start("server-" + i, loops, pattern))
                .toList();
        System.out.println(
                "ports " + servers.stream().map(s -> String.valueOf(s.port())).collect(Collectors.joining(",")));
        while (System.in.read() >= 0) {
            // Nothing is said here; only the end counts.
        }
        System.exit(0);
    }
}
