/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.listen.LoopReads;
import io.sparkconnect.proxy.listen.Transport;
import io.sparkconnect.proxy.pool.Connector;
import io.sparkconnect.proxy.route.Backend;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Connects to servers from one event loop, so that both halves of a stream live on it. Confined to that loop. */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
final class BackConnector implements Connector<BackConnection> {
    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(256 * 1024, 512 * 1024);
    private static final LoopReads READS = new LoopReads();

    private final EventLoop loop;
    private final LoopFlusher flusher;
    private final Transport transport;
    private final HostResolver resolver;
    private final EngineContext context;

    BackConnector(
            EventLoop loop, LoopFlusher flusher, Transport transport, HostResolver resolver, EngineContext context) {
        this.loop = loop;
        this.flusher = flusher;
        this.transport = transport;
        this.resolver = resolver;
        this.context = context;
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
            long timeoutMs = context.limits().connectTimeout().toMillis();
            deadline = loop.schedule(
                    () -> fail("no HTTP/2 answer within " + timeoutMs + " ms"), timeoutMs, TimeUnit.MILLISECONDS);
            resolver.resolve(backend.host(), loop, this::connect, this::fail);
        }

        private void connect(InetAddress address) {
            if (told) {
                return;
            }
            Bootstrap bootstrap = new Bootstrap()
                    .group(loop)
                    .channelFactory(transport::newClientChannel)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, READS)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                            context.limits().connectTimeout().toMillis())
                    .handler(new BackConnection(context, flusher, backend, this));
            transport.keepAlive(bootstrap);
            ChannelFuture connected = bootstrap.connect(new InetSocketAddress(address, backend.port()));
            channel = connected.channel();
            connected.addListener(done -> {
                if (!done.isSuccess()) {
                    fail(String.valueOf(done.cause().getMessage()));
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
                connection.ctx().close();
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
