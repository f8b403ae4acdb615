/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.RawPeer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What crosses our own RST_STREAM is nobody's fault, however many streams end at once. */
@Timeout(60)
class LateFramesTest extends BetweenRawPeers {
    /** More than resets are allowed, and as many as may be open. */
    private static final int UPLOADS = AbuseLimits.forClients().maxConcurrentStreams();

    @Test
    void aServerThatDiesUnderManyUploadsOfAClientCostsItsConnectionNothing() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            RawPeer server = uploadThrough(client);
            server.close();
            for (int i = 0; i < UPLOADS; i++) {
                client.awaitReset();
            }

            // All of it was sent before the client had read its resets; a library then gives up the streams for its
            // part.
            for (int i = 0; i < UPLOADS; i++) {
                client.data(idOf(i), new byte[10], false);
            }
            for (int i = 0; i < UPLOADS; i++) {
                client.reset(idOf(i), ErrorCode.NO_ERROR);
            }
            client.roundTrip();

            assertThat(proxy.counters.hits(Limit.RESETS_SENT)).isZero();
            assertThat(proxy.counters.hits(Limit.RESETS_RECEIVED)).isZero();
        }
    }

    /** One reset of the client for each of ours crosses it; more is a flood. */
    @Test
    void resetsOfOneStreamAgainAndAgainAreAFlood() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            uploadThrough(client).close();
            client.awaitReset();
            for (int i = 0; i < AbuseLimits.forClients().maxResetsReceived() + 2; i++) {
                client.reset(idOf(0), ErrorCode.CANCEL);
            }

            assertThat(client.awaitGoAway()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);
            assertThat(proxy.counters.hits(Limit.RESETS_RECEIVED)).isEqualTo(1);
        }
    }

    private RawPeer uploadThrough(RawPeer client) throws Exception {
        client.call(idOf(0), "AddArtifacts");
        client.data(idOf(0), MESSAGE, false);
        RawPeer server = RawPeer.accept(listening, "");
        server.nextHeaders();
        for (int i = 1; i < UPLOADS; i++) {
            client.call(idOf(i), "AddArtifacts");
            client.data(idOf(i), MESSAGE, false);
        }
        for (int i = 1; i < UPLOADS; i++) {
            server.nextHeaders();
        }
        return server;
    }

    private static int idOf(int upload) {
        return 2 * upload + 1;
    }
}
