/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.peer.ChildProcess;
import io.sparkconnect.bench.peer.Placement;
import io.sparkconnect.bench.server.LightServers;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The light servers in their own process. */
record ServerFleet(ChildProcess process, List<InetSocketAddress> addresses) implements AutoCloseable {
    private static final String ANNOUNCEMENT = "ports ";

    static ServerFleet start(int count, Placement placement, Path directory) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:MaxDirectMemorySize=1g",
                "-cp",
                System.getProperty("java.class.path"),
                LightServers.class.getName(),
                String.valueOf(count),
                String.valueOf(placement.loadThreads()));
        Path log = directory.resolve("servers.log");
        ChildProcess process = ChildProcess.start(placement.onLoadCpus(command), log, true);
        BufferedReader output = process.process().inputReader();
        String line = output.readLine();
        if (line == null || !line.startsWith(ANNOUNCEMENT)) {
            process.close();
            throw new IOException("the light servers do not start: " + line + "\n" + process.logTail());
        }
        List<InetSocketAddress> addresses = Arrays.stream(
                        line.substring(ANNOUNCEMENT.length()).split(",", -1))
                .map(port -> new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port)))
                .toList();
        return new ServerFleet(process, addresses);
    }

    @Override
    public void close() {
        process.close();
    }
}
