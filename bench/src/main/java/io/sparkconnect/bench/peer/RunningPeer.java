/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import io.sparkconnect.bench.load.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A peer that listens. {@code process} is null for no proxy at all. */
public record RunningPeer(
        Peer peer, Target target, @Nullable ChildProcess process) implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(30);

    /** Starts a proxy's process on the peer's CPUs and waits until it listens. */
    static RunningPeer launch(
            Peer peer, List<String> command, Placement placement, int port, boolean sessionHeader, Path log)
            throws IOException {
        ChildProcess process = ChildProcess.start(placement.onPeerCpus(command), log, false);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try {
            awaitListening(process, address);
        } catch (IOException e) {
            process.close();
            throw new IOException(peer.label() + " does not start: " + e.getMessage() + "\n" + process.logTail(), e);
        }
        return new RunningPeer(peer, new Target(List.of(address), sessionHeader), process);
    }

    /** A port that was free a moment ago. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitListening(ChildProcess process, InetSocketAddress address) throws IOException {
        long deadline = System.nanoTime() + START.toNanos();
        while (true) {
            try (Socket probe = new Socket()) {
                probe.connect(address, 1000);
                return;
            } catch (IOException e) {
                if (!process.isAlive()) {
                    throw new IOException(
                            "it ended with status " + process.process().exitValue(), e);
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("nothing listens at " + address + " after " + START.toSeconds() + " s", e);
                }
                java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofMillis(50).toNanos());
            }
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
