/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where listening sockets come from: those that the process before has handed over, else newly bound ones. A socket that was
 * handed over is the same one in the kernel, with the connections that wait in it. Thread-safe.
 */
public final class ServerSockets {
    private static final Logger log = LoggerFactory.getLogger(ServerSockets.class);

    private final Transport transport;
    private final List<Inherited> inherited = new ArrayList<>();
    private final List<Channel> open = new ArrayList<>();

    private record Inherited(FileDescriptor descriptor, EpollServerSocketChannel channel) {}

    private ServerSockets(Transport transport, List<FileDescriptor> handedOver) {
        this.transport = transport;
        for (FileDescriptor descriptor : handedOver) {
            inherited.add(new Inherited(descriptor, new EpollServerSocketChannel(descriptor.intValue())));
        }
    }

    /** Sockets are bound. */
    public static ServerSockets bound(Transport transport) {
        return new ServerSockets(transport, List.of());
    }

    /** Sockets that listen already, of an epoll transport, are used where the address is theirs; owns them. */
    public static ServerSockets inherited(List<FileDescriptor> handedOver) {
        return new ServerSockets(Transport.EPOLL, handedOver);
    }

    /**
     * Listens.
     *
     * @param bootstrap all but the channel and the address
     * @throws IOException when the address cannot be bound; the text names it
     */
    public synchronized Channel open(ServerBootstrap bootstrap, InetSocketAddress address)
            throws IOException, InterruptedException {
        Inherited match = take(address);
        ChannelFuture opening = match == null
                ? bootstrap.channelFactory(transport::newServerChannel).bind(address)
                : bootstrap.channelFactory(match::channel).register();
        if (!opening.await().isSuccess()) {
            throw new IOException(
                    address.getHostString() + ":" + address.getPort() + ": "
                            + opening.cause().getMessage(),
                    opening.cause());
        }
        if (match != null) {
            log.info("address={} taken over with the connections that wait there", address);
        }
        open.add(opening.channel());
        return opening.channel();
    }

    private @Nullable Inherited take(InetSocketAddress address) {
        for (Inherited candidate : inherited) {
            if (address.equals(candidate.channel().localAddress())) {
                inherited.remove(candidate);
                return candidate;
            }
        }
        return null;
    }

    /** Closes those that were handed over and asked for by nobody. */
    public synchronized void closeUnused() {
        for (Inherited unused : inherited) {
            log.info("address={} is listened on no more", unused.channel().localAddress());
            close(unused.descriptor());
        }
        inherited.clear();
    }

    /** The sockets that listen now, to be handed over; they stay open here. */
    synchronized List<FileDescriptor> descriptors() {
        return open.stream()
                .filter(Channel::isOpen)
                .map(channel -> ((UnixChannel) channel).fd())
                .toList();
    }

    private static void close(FileDescriptor descriptor) {
        try {
            descriptor.close();
        } catch (IOException e) {
            log.warn("{} did not close", descriptor, e);
        }
    }
}
