/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.ImmediateEventExecutor;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.testkit.LogLines;
import io.sparkconnect.proxy.testkit.StubRouter;
import io.sparkconnect.registry.SessionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamQuotaTest {
    private static final int MOST = 2000;
    private static final int RESERVE = 200;

    private long open;
    private long nanos;
    private final StreamQuota quota =
            new StreamQuota(StubRouter.to(new Backend("s", "i", "127.0.0.1", 1)), MOST, () -> open, () -> nanos);

    @Test
    void routesUpToTheLimitAndRefusesOneMoreWithATimeToComeBack() {
        open = MOST;
        assertThat(decisionFor("ExecutePlan")).isInstanceOf(RoutingDecision.Forward.class);

        open = MOST + 1;
        RoutingDecision.Answer refusal = (RoutingDecision.Answer) decisionFor("ExecutePlan");
        StatusAnswer status = refusal.answer();
        assertThat(refusal.reason()).isEqualTo("too-many-streams");
        assertThat(status.code()).isEqualTo(8);
        assertThat(status.message()).contains("(2000)", "sparkconnect.proxy.streams.max");
        assertThat(new String(status.details(), UTF_8)).contains("google.rpc.RetryInfo");

        open = MOST;
        assertThat(decisionFor("ExecutePlan")).isInstanceOf(RoutingDecision.Forward.class);
    }

    /** A retryable error on a release keeps a client alive that has finished. */
    @ParameterizedTest
    @ValueSource(strings = {"ReleaseExecute", "ReleaseSession", "Interrupt"})
    void neverRefusesWhatEndsWork(String method) {
        open = 100L * MOST;
        assertThat(decisionFor(method)).isInstanceOf(RoutingDecision.Forward.class);
    }

    @Test
    void keepsAReserveForWhatGoesOnWithWork() {
        open = MOST + RESERVE;
        assertThat(decisionFor("ReattachExecute")).isInstanceOf(RoutingDecision.Forward.class);

        open = MOST + RESERVE + 1;
        assertThat(decisionFor("ReattachExecute")).isInstanceOf(RoutingDecision.Answer.class);
    }

    @Test
    void logsTheFirstRefusalOfEachTenSeconds() {
        open = MOST + 1;
        try (LogLines log = new LogLines(StreamQuota.class.getName())) {
            decisionFor("Config");
            decisionFor("Config");
            assertThat(log.lines()).singleElement().asString().contains("streams=2001", "streams.max=2000");

            nanos += TimeUnit.SECONDS.toNanos(10);
            decisionFor("Config");
            assertThat(log.lines()).hasSize(2);
        }
    }

    private RoutingDecision decisionFor(String method) {
        List<RoutingDecision> decisions = new ArrayList<>();
        quota.route(
                new RequestHead(method, new SessionKey("u", "s"), null, null),
                null,
                ImmediateEventExecutor.INSTANCE,
                decisions::add);
        assertThat(decisions).hasSize(1);
        return decisions.get(0);
    }
}
