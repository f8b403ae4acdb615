/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.listen.Transport;
import io.sparkconnect.proxy.pool.Connector;
import io.sparkconnect.proxy.route.Backend;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Connects to servers from one event loop, so that both halves of a stream live on it. Confined to that loop. */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class BackConnector implements Connector<BackConnection> {
    private final EventLoop loop;
    private final Transport transport;
    private final HostResolver resolver;
    private final RelayContext shared;

    BackConnector(EventLoop loop, Transport transport, HostResolver resolver, RelayContext shared) {
        this.loop = loop;
        this.transport = transport;
        this.resolver = resolver;
        this.shared = shared;
    }

    @Override
    public void connect(
            Backend backend, Events<BackConnection> events, Consumer<BackConnection> ready, Consumer<String> failed) {
        new Attempt(backend, events, ready, failed).start();
    }

    /** One attempt, from the name to the server's SETTINGS; tells exactly once how it went. */
    private final class Attempt implements BackConnection.Life {
        private final Backend backend;
        private final Events<BackConnection> events;
        private final Consumer<BackConnection> ready;
        private final Consumer<String> failed;
        private @Nullable Future<?> deadline;
        private @Nullable Channel channel;
        private boolean told;

        private Attempt(
                Backend backend,
                Events<BackConnection> events,
                Consumer<BackConnection> ready,
                Consumer<String> failed) {
            this.backend = backend;
            this.events = events;
            this.ready = ready;
            this.failed = failed;
        }

        private void start() {
            long timeoutMs = shared.limits().connectTimeout().toMillis();
            deadline = loop.schedule(
                    () -> fail("no HTTP/2 answer within " + timeoutMs + " ms"), timeoutMs, TimeUnit.MILLISECONDS);
            resolver.resolve(backend.host(), loop, this::connect, this::fail);
        }

        private void connect(InetAddress address) {
            if (told) {
                return;
            }
            BackConnection connection = ConnectionParts.forServers(
                    shared.limits(),
                    shared.nanoTime(),
                    (decoder, encoder, settings) ->
                            new BackConnection(decoder, encoder, settings, backend, shared, this));
            Bootstrap bootstrap = new Bootstrap()
                    .group(loop)
                    .channelFactory(transport::newClientChannel)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                            shared.limits().connectTimeout().toMillis())
                    .handler(connection);
            transport.keepAlive(bootstrap);
            ChannelFuture connected = bootstrap.connect(new InetSocketAddress(address, backend.port()));
            channel = connected.channel();
            connected.addListener(done -> {
                if (!done.isSuccess()) {
                    fail(RelayConnection.describe(done.cause()));
                }
            });
        }

        private void fail(String cause) {
            if (!told) {
                finish();
                if (channel != null) {
                    channel.close();
                }
                failed.accept(cause);
            }
        }

        @Override
        public void greeted(BackConnection connection) {
            if (told) {
                connection.context().close();
            } else {
                finish();
                ready.accept(connection);
            }
        }

        @Override
        public void roomMayHaveGrown(BackConnection connection) {
            events.roomMayHaveGrown(connection);
        }

        @Override
        public void closed(BackConnection connection) {
            if (told) {
                events.closed(connection);
            } else {
                fail("it closed the connection without an HTTP/2 greeting");
            }
        }

        private void finish() {
            told = true;
            if (deadline != null) {
                deadline.cancel(false);
            }
        }
    }
}
