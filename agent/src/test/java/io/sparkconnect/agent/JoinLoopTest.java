/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class JoinLoopTest {
    private static final URI AM = URI.create("http://am:1");
    private static final URI RM = URI.create("http://rm:2/proxy/application_1_0001");

    private final AtomicLong nanos = new AtomicLong(-5);
    private final Contact contact = new Contact(nanos::get);
    private final FakeProcess process = new FakeProcess();
    private final Departure departure = new Departure(new FakeSpark(), new Life(), process, new ManualDelays());
    private final Map<URI, Integer> answers = new HashMap<>();
    private final List<URI> asked = new ArrayList<>();
    private double random = 0.999_999;
    private final JoinLoop loop = new JoinLoop(
            new AgentEnvironment("container_7", List.of(AM, RM), "node-1"),
            "{}",
            this::answer,
            contact,
            departure,
            () -> random);

    @Test
    void joinsAtTheFirstAddressThatTakesIt() throws Exception {
        answers.put(RM, 200);

        loop.step();

        assertThat(asked)
                .containsExactly(
                        URI.create(AM + "/agent/join/container_7"), URI.create(RM + "/agent/join/container_7"));
    }

    @Test
    void waitsToBePolledOnceItHasJoined() throws Exception {
        answers.put(AM, 200);
        loop.step();

        pass(JoinLoop.SILENCE.minusNanos(1));
        loop.step();

        assertThat(asked).hasSize(1);
    }

    @Test
    void joinsAgainWhenItIsNotPolledForLong() throws Exception {
        answers.put(AM, 200);
        loop.step();

        pass(JoinLoop.SILENCE);
        loop.step();

        assertThat(asked).hasSize(2);
    }

    @Test
    void countsAPollAsProofThatItIsKnown() throws Exception {
        contact.made();

        loop.step();

        assertThat(asked).isEmpty();
    }

    @Test
    void triesForEverWithPausesThatDoubleUpToTenSeconds() throws Exception {
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            pauses.add(Math.round(loop.step().toMillis() / 1000.0));
        }

        assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 10L, 10L, 10L);
    }

    @Test
    void spreadsTheTriesOfManyServers() throws Exception {
        random = 0;

        assertThat(loop.step()).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void triesMoreAndMoreSlowlyWithASecretThatIsRefused() throws Exception {
        answers.put(AM, 403);
        Duration pause = Duration.ZERO;
        for (int i = 0; i < 10; i++) {
            pause = loop.step();
        }

        assertThat(pause).isBetween(Duration.ofSeconds(59), Duration.ofSeconds(60));
        assertThat(process.ends).isEmpty();
    }

    @Test
    void startsWithShortPausesAgainAfterItWasKnown() throws Exception {
        for (int i = 0; i < 7; i++) {
            loop.step();
        }
        answers.put(AM, 200);
        loop.step();
        loop.step();
        answers.put(AM, 503);
        pass(JoinLoop.SILENCE);

        assertThat(loop.step()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void endsTheProcessWhenItIsDisowned() throws Exception {
        answers.put(AM, 410);
        answers.put(RM, 200);

        loop.step();

        assertThat(process.ends).containsExactly("halt 51");
        assertThat(asked).hasSize(1);
    }

    @Test
    void doesNotTakeTheProxysOwnErrorPagesForTheAm() throws Exception {
        for (int status : new int[] {302, 404, 500, 503}) {
            answers.put(AM, status);
            loop.step();
        }

        assertThat(process.ends).isEmpty();
        assertThat(asked).hasSize(8);
    }

    private AmClient.Answer answer(URI url, String json) throws IOException {
        asked.add(url);
        for (Map.Entry<URI, Integer> entry : answers.entrySet()) {
            if (url.toString().startsWith(entry.getKey().toString())) {
                return new AmClient.Answer(entry.getValue(), "");
            }
        }
        throw new ConnectException("refused");
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
