/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.netty.channel.EventLoopGroup;
import io.sparkconnect.proxy.admin.AdminServer;
import io.sparkconnect.proxy.listen.ClientListener;
import io.sparkconnect.proxy.listen.Engine;
import io.sparkconnect.proxy.listen.HandoverOffer;
import io.sparkconnect.proxy.listen.ListenPoint;
import io.sparkconnect.proxy.listen.Predecessor;
import io.sparkconnect.proxy.listen.ServerSockets;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.Setting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ports of this process: taken over from the process before or bound, and offered to the next one. Used by the thread that
 * starts and stops the proxy, and by a hand-over.
 */
final class Ports implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Ports.class);

    private final Configuration configuration;
    private final EventLoopGroup aside;
    private final Runnable whenTakenOver;
    private final @Nullable Predecessor predecessor;
    private final ServerSockets sockets;
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private @Nullable AdminServer admin;
    private @Nullable ClientListener clients;
    private @Nullable HandoverOffer offer;

    /** An address that cannot be listened on; the text names it, the setting and the cause. */
    static final class AddressInUseException extends Exception {
        private AddressInUseException(String message) {
            super(message);
        }

        private AddressInUseException(Setting<?> setting, IOException cause) {
            super("cannot listen on " + cause.getMessage() + " (" + setting.name() + ")", cause);
        }
    }

    private Ports(
            Configuration configuration,
            EventLoopGroup aside,
            Runnable whenTakenOver,
            @Nullable Predecessor predecessor,
            ServerSockets sockets) {
        this.configuration = configuration;
        this.aside = aside;
        this.whenTakenOver = whenTakenOver;
        this.predecessor = predecessor;
        this.sockets = sockets;
    }

    /**
     * Finds out whether there is a process to take over from; its sockets are fetched, and nothing else is done yet.
     *
     * @param aside one loop, for what is not relayed
     * @throws AddressInUseException when a proxy runs with the same hand-over socket and is not to be replaced
     */
    static Ports of(Configuration configuration, Succession succession, EventLoopGroup aside)
            throws AddressInUseException, InterruptedException {
        Optional<Path> path = configuration.handoverSocket();
        if (path.isEmpty()) {
            if (succession.takesOver()) {
                throw new AddressInUseException(
                        "--take-over needs " + ProxySettings.HANDOVER_SOCKET.name() + " and transport epoll");
            }
            return new Ports(configuration, aside, succession.whenTakenOver(), null, fresh(configuration));
        }
        Predecessor predecessor = new Predecessor(path.get(), aside);
        try {
            if (!predecessor.isThere()) {
                return new Ports(configuration, aside, succession.whenTakenOver(), null, fresh(configuration));
            }
            if (!succession.takesOver()) {
                throw new AddressInUseException("a proxy runs already with " + path.get() + " ("
                        + ProxySettings.HANDOVER_SOCKET.name() + "): stop it, or replace it with --take-over");
            }
            ServerSockets inherited = ServerSockets.inherited(predecessor.sockets());
            return new Ports(configuration, aside, succession.whenTakenOver(), predecessor, inherited);
        } catch (IOException e) {
            throw new AddressInUseException(ProxySettings.HANDOVER_SOCKET, e);
        }
    }

    private static ServerSockets fresh(Configuration configuration) {
        return ServerSockets.bound(configuration.transport());
    }

    /** Whether another process serves until {@link #open} is called. */
    boolean isTakingOver() {
        return predecessor != null;
    }

    List<InetSocketAddress> addresses() {
        return addresses;
    }

    @Nullable
    InetSocketAddress adminAddress() {
        return admin == null ? null : admin.address();
    }

    /**
     * Listens everywhere; then the process before listens no more. Clients come first: whoever asks on the operator's port
     * must not hear that this process is not ready, when the one before was.
     */
    void open(View view, Engine engine, EventLoopGroup loops, TrafficWatcher watcher)
            throws AddressInUseException, InterruptedException {
        ClientListener listener = new ClientListener(
                sockets, aside, loops, engine, configuration.listenerLimits(), watcher, System::nanoTime);
        clients = listener;
        for (ListenAddress address : configuration.listen()) {
            openForClients(listener, address);
        }
        view.listening();
        openAdmin(view);
        sockets.closeUnused();
        replacePredecessor();
        offer();
    }

    private void openAdmin(View view) throws AddressInUseException, InterruptedException {
        try {
            AdminServer started = AdminServer.start(configuration.admin().toSocketAddress(), view, sockets, aside);
            admin = started;
            log.info(
                    "admin=http://{}",
                    new HostPort(configuration.admin().host(), started.address().getPort()));
        } catch (IOException e) {
            throw new AddressInUseException(ProxySettings.ADMIN_LISTEN, e);
        }
    }

    private void openForClients(ClientListener listener, ListenAddress address)
            throws AddressInUseException, InterruptedException {
        try {
            InetSocketAddress bound =
                    listener.listen(new ListenPoint(address.hostPort().toSocketAddress(), address.proxyHeadersFrom()));
            addresses.add(bound);
            log.info(
                    "listening=sc://{} transport={} threads={}{}",
                    new HostPort(address.hostPort().host(), bound.getPort()),
                    configuration.transport(),
                    configuration.threads(),
                    address.proxyHeadersFrom() == null ? "" : " behind a load balancer: PROXY headers required");
        } catch (IOException e) {
            throw new AddressInUseException(address.setting(), e);
        }
    }

    /** This process serves already, so nothing that goes wrong here may end it. */
    private void replacePredecessor() throws InterruptedException {
        if (predecessor != null) {
            try {
                predecessor.letGo();
                log.info("the proxy before has let go of the ports and drains");
            } catch (IOException e) {
                log.error("the proxy before did not say that it let go of the ports: stop it when it still runs", e);
            }
        }
    }

    private void offer() throws AddressInUseException, InterruptedException {
        Optional<Path> path = configuration.handoverSocket();
        if (path.isPresent()) {
            try {
                offer = HandoverOffer.open(path.get(), sockets, aside, new Successor());
            } catch (IOException e) {
                if (predecessor == null) {
                    throw new AddressInUseException(ProxySettings.HANDOVER_SOCKET, e);
                }
                log.error("the next process will not be able to take the ports over", e);
            }
        }
    }

    private final class Successor implements HandoverOffer.Successor {
        @Override
        public void letGo() throws InterruptedException {
            if (clients != null) {
                clients.stopListening();
            }
            if (admin != null) {
                admin.close();
            }
        }

        @Override
        public void tookOver() {
            whenTakenOver.run();
        }
    }

    /** Accepts nothing more and waits for open streams; false when some had to be cut off. The operator's port goes on. */
    boolean drain(Duration deadline) throws InterruptedException {
        if (offer != null) {
            offer.close();
        }
        return clients == null || clients.drain(deadline);
    }

    @Override
    public void close() {
        sockets.closeUnused();
        if (admin != null) {
            admin.close();
        }
    }
}
