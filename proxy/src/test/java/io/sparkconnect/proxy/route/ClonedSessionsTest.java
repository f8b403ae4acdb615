/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A clone lives on the server of its source (rule 8). */
class ClonedSessionsTest {
    private final RouterRig rig = RouterRig.withServers("a", "b", "c");
    private final String server = rig.serverOf(session(1));

    @Test
    void bindsTheIdThatTheServerMadeBeforeTheClientLearnsIt() {
        RequestHead head = rpc("CloneSession", session(1));
        assertThat(rig.router.inspectsResponse(head)).isTrue();
        rig.table.slow(true);

        boolean passedOn = rig.answersClone(head, server, response(session(2).sessionId()));
        assertThat(passedOn).isFalse();
        rig.table.slow(false);
        rig.table.answerAll();
        rig.settle();

        assertThat(rig.table.serverOf(session(2))).isEqualTo(server);
        assertThat(rig.serverOf(session(2))).isEqualTo(server);
    }

    @Test
    void bindsTheIdThatTheRequestNamesBeforeItGoesOut() {
        RequestHead head =
                new RequestHead("CloneSession", session(1), null, session(2).sessionId());
        assertThat(rig.router.inspectsResponse(head)).isFalse();

        assertThat(rig.open(head).server()).isEqualTo(server);

        assertThat(rig.table.serverOf(session(2))).isEqualTo(server);
    }

    @Test
    void takesTheBindingBackWhenTheServerRefusesTheClone() {
        RequestHead head =
                new RequestHead("CloneSession", session(1), null, session(2).sessionId());
        rig.open(head);

        rig.ends(head, server, new StreamOutcome.Answered(13));

        assertThat(rig.table.bindings).containsOnlyKeys(session(1));
    }

    @Test
    void leavesAnExistingSessionAloneWhenTheServerRefusesToCloneOverIt() {
        while (!rig.serverOf(session(3)).equals(server)) {
            rig.ends(rpc("ReleaseSession", session(3)), rig.serverOf(session(3)), new StreamOutcome.Answered(0));
        }
        RequestHead head =
                new RequestHead("CloneSession", session(1), null, session(3).sessionId());
        rig.open(head);

        rig.ends(head, server, new StreamOutcome.Answered(13));

        assertThat(rig.table.serverOf(session(3))).isEqualTo(server);
    }

    @Test
    void refusesToCloneOverASessionOnAnotherServer() {
        String other = server.equals("a") ? "b" : "a";
        rig.table.put(session(2), other, rig.clock.getAsLong());

        RouterRig.Stream stream = rig.open(
                new RequestHead("CloneSession", session(1), null, session(2).sessionId()));

        assertThat(stream.answer().code()).isEqualTo(3);
        assertThat(stream.reason()).isEqualTo("new-session-id-taken");
    }

    @Test
    void passesTheAnswerOnWhileZooKeeperIsAwayAndWritesTheBindingLater() {
        rig.table.away(true);

        assertThat(rig.answersClone(
                        rpc("CloneSession", session(1)),
                        server,
                        response(session(2).sessionId())))
                .isTrue();
        assertThat(rig.serverOf(session(2))).isEqualTo(server);
        rig.table.away(false);
        rig.pass(Duration.ofSeconds(2));

        assertThat(rig.table.serverOf(session(2))).isEqualTo(server);
    }

    @Test
    void writesACloneDownThatFoundNoRoomAmongTheUnwritten() {
        RouterRig full =
                RouterRig.withSettings(RouterSettings.builder().maxUnwritten(1).build(), "a");
        full.serverOf(session(1));
        full.table.away(true);
        for (int i = 2; i <= 4; i++) {
            full.answersClone(
                    rpc("CloneSession", session(1)), "a", response(session(i).sessionId()));
        }
        assertThat(full.router.unwritten()).isEqualTo(1);
        full.table.away(false);

        for (int i = 0; i < 20; i++) {
            full.pass(Duration.ofSeconds(1));
        }

        assertThat(full.table.bindings).containsOnlyKeys(session(1), session(2), session(3), session(4));
        assertThat(full.router.unwritten()).isZero();
        assertThat(full.router.sessions(10)).allMatch(RouterView.SessionRow::written);
    }

    @Test
    void passesAnAnswerOnThatItCannotRead() {
        ByteBuf garbage = Unpooled.wrappedBuffer(new byte[] {1, 2, 3, (byte) 0xff});

        assertThat(rig.answersClone(rpc("CloneSession", session(1)), server, garbage))
                .isTrue();
        assertThat(rig.answersClone(rpc("CloneSession", session(1)), server, Unpooled.EMPTY_BUFFER))
                .isTrue();
    }

    private static ByteBuf response(String newSessionId) {
        return Unpooled.wrappedBuffer(RequestBytes.message()
                .text(1, session(1).sessionId())
                .text(2, "server-side")
                .text(3, newSessionId)
                .text(4, "new-server-side")
                .toMessage());
    }
}
