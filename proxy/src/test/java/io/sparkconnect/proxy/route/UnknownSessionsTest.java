/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.seen;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sessions that have seen a server (rule 5), though nobody has written it down. */
class UnknownSessionsTest {
    @Test
    void findsTheServerByAskingAndWritesItDown() {
        RouterRig rig = RouterRig.withServers("a", "b", "c");
        rig.held.put("a", List.of());
        rig.held.put("b", List.of(session(1)));
        rig.held.put("c", List.of());

        assertThat(rig.open(seen("ExecutePlan", session(1))).server()).isEqualTo("b");
        assertThat(rig.table.serverOf(session(1))).isEqualTo("b");
        assertThat(rig.open(seen("Config", session(1))).server()).isEqualTo("b");
        assertThat(rig.probes).isEqualTo(3);
    }

    @Test
    void doesNotWaitForTheOthersOnceOneHasSaidYes() {
        RouterRig rig = RouterRig.withServers("a", "hung", "slow");
        rig.held.put("a", List.of(session(1)));

        assertThat(rig.open(seen("ExecutePlan", session(1))).server()).isEqualTo("a");
    }

    @Test
    void refusesASessionThatNoServerHasAndDoesNotPlaceItLater() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.held.put("a", List.of());
        rig.held.put("b", List.of());

        StatusAnswer answer = rig.open(seen("ExecutePlan", session(1))).answer();

        assertThat(answer.code()).isEqualTo(13);
        assertThat(answer.message()).contains("[INVALID_HANDLE.SESSION_CHANGED]");
        assertThat(rig.open(rpc("AddArtifacts", session(1))).reason()).isEqualTo("session-changed");
        assertThat(rig.open(rpc("ReleaseSession", session(1))).answer().code()).isZero();
        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void asksTheClientToTryAgainWhenAServerKeepsSilent() {
        RouterRig rig = RouterRig.withServers("a", "hung");
        rig.held.put("a", List.of());
        RouterRig.Stream stream = rig.open(seen("ReattachExecute", session(1)));
        assertThat(stream.isDecided()).isFalse();

        rig.pass(Duration.ofSeconds(3));

        assertThat(stream.answer().code()).isEqualTo(14);
        assertThat(stream.answer().message()).contains("1 Spark Connect server(s) did not say");
    }

    @Test
    void refusesAtOnceWhereServersCannotBeAsked() {
        RouterRig rig = RouterRig.withoutLocator("a");

        assertThat(rig.open(seen("ExecutePlan", session(1))).reason()).isEqualTo("session-changed");
    }

    @Test
    void asksWithAReleaseOfAnOperationThatNobodyHas() throws InvalidProtocolBufferException {
        UUID operation = new UUID(1, 2);

        UnknownFieldSet request = UnknownFieldSet.parseFrom(LocateProbe.request(session(1), operation));

        assertThat(request.asMap()).containsOnlyKeys(1, 2, 3, 5);
        assertThat(text(request, 1)).isEqualTo(session(1).sessionId());
        assertThat(text(request, 3)).isEqualTo(operation.toString());
        UnknownFieldSet user = UnknownFieldSet.parseFrom(
                request.getField(2).getLengthDelimitedList().get(0));
        assertThat(text(user, 1)).isEqualTo("anna");
        assertThat(text(request, 5)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, '', HERE",
        "13, [INVALID_HANDLE.SESSION_NOT_FOUND] The handle x is invalid. Session not found., NOT_HERE",
        "13, [INVALID_HANDLE.SESSION_CLOSED] The handle x is invalid. Session was closed., NOT_HERE",
        "13, something else, UNCLEAR",
        "12, Method not found, UNCLEAR",
        "14, '', UNCLEAR",
        "16, '', UNCLEAR",
        "2, Application error processing RPC, UNCLEAR"
    })
    void readsTheAnswer(int status, String message, LocateProbe.Verdict verdict) {
        assertThat(LocateProbe.verdict(new SessionLocator.ProbeAnswer(status, message)))
                .isEqualTo(verdict);
    }

    private static String text(UnknownFieldSet message, int field) {
        return message.getField(field).getLengthDelimitedList().get(0).toStringUtf8();
    }
}
