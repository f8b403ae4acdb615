/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.Locale;

/** Which of the system's ways to wait for sockets is used. */
public enum Transport {
    EPOLL,
    NIO;

    /** Seconds without an acknowledgement after which the kernel gives a peer up: dead hosts send no FIN. */
    private static final int IDLE_SECONDS = 60;

    private static final int PROBE_SECONDS = 15;
    private static final int PROBES = 4;
    private static final int UNACKNOWLEDGED_MS = 60_000;

    /**
     * @param wanted {@code auto}, {@code epoll} or {@code nio}
     * @throws IllegalArgumentException when epoll is wanted and not there; the message says why
     */
    public static Transport of(String wanted) {
        return switch (wanted.toLowerCase(Locale.ROOT)) {
            case "nio" -> NIO;
            case "auto" -> Epoll.isAvailable() ? EPOLL : NIO;
            case "epoll" -> {
                if (!Epoll.isAvailable()) {
                    throw new IllegalArgumentException("transport: epoll is not available here ("
                            + Epoll.unavailabilityCause().getMessage() + ")");
                }
                yield EPOLL;
            }
            default -> throw new IllegalArgumentException("transport: " + wanted + " (expected: auto, epoll or nio)");
        };
    }

    public IoHandlerFactory newIoHandlerFactory() {
        return switch (this) {
            case EPOLL -> EpollIoHandler.newFactory();
            case NIO -> NioIoHandler.newFactory();
        };
    }

    public SocketChannel newClientChannel() {
        return switch (this) {
            case EPOLL -> new EpollSocketChannel();
            case NIO -> new NioSocketChannel();
        };
    }

    public ServerChannel newServerChannel() {
        return switch (this) {
            case EPOLL -> new EpollServerSocketChannel();
            case NIO -> new NioServerSocketChannel();
        };
    }

    /** Makes the kernel look after idle and vanished servers, where it can. */
    public void keepAlive(Bootstrap bootstrap) {
        if (this == EPOLL) {
            bootstrap
                    .option(EpollChannelOption.TCP_KEEPIDLE, IDLE_SECONDS)
                    .option(EpollChannelOption.TCP_KEEPINTVL, PROBE_SECONDS)
                    .option(EpollChannelOption.TCP_KEEPCNT, PROBES)
                    .option(EpollChannelOption.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS);
        }
    }
}
