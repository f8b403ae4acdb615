/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.conformance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ForwardingServerBuilder;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.testing.integration.AbstractInteropTest;
import io.sparkconnect.proxy.main.RunningProxy;
import java.lang.reflect.InvocationTargetException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of the official gRPC interop suite, side by side: with its server, and through the proxy. */
@Timeout(120)
class InteropTest {
    /** What the Java implementation of the suite cannot do with itself. */
    private static final Map<String, String> FAIL_DIRECT = Map.of(
            "clientCompressedUnary", "its probe wants INVALID_ARGUMENT, and the suite's Java server does not look",
            "censusContextsPropagated", "it assumes OpenCensus in both ends, and has nothing to do with the wire");

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void passesThroughTheProxyWhatPassesWithoutIt(String name, Case run) {
        @Nullable Throwable direct = outcome(run, false);
        @Nullable Throwable proxied = outcome(run, true);

        assertOutcome("direct", direct, FAIL_DIRECT.get(name));
        assertOutcome("through the proxy", proxied, FAIL_DIRECT.get(name));
    }

    /** Version 1.79.0 has so many; with fewer this class would prove less than it says. */
    @Test
    void knowsTheWholeSuite() {
        assertThat(casesByName()).hasSize(39).containsKeys(FAIL_DIRECT.keySet().toArray(String[]::new));
    }

    private static void assertOutcome(String way, @Nullable Throwable failure, @Nullable String excuse) {
        if (excuse == null) {
            assertThat(failure).as(way).isNull();
        } else {
            assertThat(failure).as("%s, expected to fail: %s", way, excuse).isNotNull();
        }
    }

    private static @Nullable Throwable outcome(Case run, boolean proxied) {
        OneCase test = new OneCase(proxied);
        try {
            test.setUp();
            run.run(test);
            return null;
        } catch (InvocationTargetException e) {
            return e.getCause();
        } catch (Exception | AssertionError e) {
            return e;
        } finally {
            test.tearDown();
            test.closeProxy();
        }
    }

    private interface Case {
        void run(AbstractInteropTest test) throws Exception;
    }

    static Stream<Arguments> cases() {
        return casesByName().entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    private static Map<String, Case> casesByName() {
        Map<String, Case> cases = new TreeMap<>();
        Arrays.stream(AbstractInteropTest.class.getMethods())
                .filter(method -> method.isAnnotationPresent(org.junit.Test.class))
                .forEach(method -> cases.put(method.getName(), method::invoke));
        // The suite's own runner calls these by name.
        cases.put("clientCompressedUnary", test -> test.clientCompressedUnary(true));
        cases.put("clientCompressedUnaryWithoutProbe", test -> test.clientCompressedUnary(false));
        // With its probe it waits for what the Java server never says, as clientCompressedUnary tells.
        cases.put("clientCompressedStreamingWithoutProbe", test -> test.clientCompressedStreaming(false));
        cases.put("serverCompressedStreaming", AbstractInteropTest::serverCompressedStreaming);
        return cases;
    }

    /** One case with a server of its own, and a proxy of its own when it is to have one. */
    private static final class OneCase extends AbstractInteropTest {
        private final boolean proxied;
        private @Nullable Server server;
        private @Nullable RunningProxy proxy;

        private OneCase(boolean proxied) {
            this.proxied = proxied;
        }

        @Override
        protected ServerBuilder<?> getServerBuilder() {
            ServerBuilder<?> builder = NettyServerBuilder.forAddress(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .flowControlWindow(TEST_FLOW_CONTROL_WINDOW)
                    .maxInboundMessageSize(MAX_MESSAGE_SIZE);
            return new Remembering(builder);
        }

        @Override
        protected ManagedChannelBuilder<?> createChannelBuilder() {
            return NettyChannelBuilder.forAddress(target())
                    .usePlaintext()
                    .flowControlWindow(TEST_FLOW_CONTROL_WINDOW)
                    .maxInboundMessageSize(MAX_MESSAGE_SIZE);
        }

        private InetSocketAddress target() {
            int port = requireNonNull(server).getPort();
            if (!proxied) {
                return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            }
            try {
                // The suite counts the calls that its server gets: with this limit none is made to learn Spark's
                // version.
                proxy = RunningProxy.inFrontOf(Map.of("other.services", "any", "servers.sessions", "60"), port);
                return proxy.address();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        /** OpenCensus' figures are no matter of the wire. */
        @Override
        protected boolean metricsExpected() {
            return false;
        }

        /** For a machine with two busy cores. */
        @Override
        protected int operationTimeoutMillis() {
            return 20_000;
        }

        /** The suite keeps the server, and with it its port, to itself. */
        private final class Remembering extends ForwardingServerBuilder<Remembering> {
            private final ServerBuilder<?> builder;

            private Remembering(ServerBuilder<?> builder) {
                this.builder = builder;
            }

            @Override
            protected ServerBuilder<?> delegate() {
                return builder;
            }

            @Override
            public Server build() {
                server = builder.build();
                return server;
            }
        }

        private void closeProxy() {
            if (proxy != null) {
                try {
                    proxy.close();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
