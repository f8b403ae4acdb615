/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RawPeer.Got;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A raw client, the engine, and a raw server behind it. */
abstract class BetweenRawPeers {
    static final byte[] MESSAGE = {0, 0, 0, 0, 3, 1, 2, 3};

    ServerSocket listening;
    FixedRouter router;
    RunningRelay proxy;

    @BeforeEach
    void start() throws Exception {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        router = FixedRouter.to(new Backend("raw", "i", "127.0.0.1", listening.getLocalPort()));
        proxy = RunningRelay.with(router);
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        listening.close();
    }

    /** A call of stream 1 that has reached the server. */
    final RawPeer callThrough(RawPeer client, boolean end) throws Exception {
        client.call(1, "Config");
        client.data(1, MESSAGE, end);
        RawPeer server = RawPeer.accept(listening, "");
        assertThat(server.nextHeaders().path()).hasToString("/" + Grpc.SERVICE + "/Config");
        Got data = server.next(Frame.DATA);
        assertThat(data.length()).isEqualTo(MESSAGE.length);
        assertThat(data.endsStream()).isEqualTo(end);
        return server;
    }
}
