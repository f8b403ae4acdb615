/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class QuestionsTest {
    private long nowMs;
    private final Questions questions = new Questions(Runnable::run, () -> nowMs);
    private final List<String> ended = new ArrayList<>();

    @Test
    void endEachWhenItsOwnTimeIsOver() {
        ask("patient", 10_000);
        nowMs += 100;
        ask("first", 2_000);
        CompletableFuture<String> answered = new CompletableFuture<>();
        ask("answered", 2_000, answered);
        nowMs += 100;
        ask("second", 2_000);
        answered.complete("yes");
        assertThat(ended).containsExactly("answered: yes");

        nowMs = 2_100;
        questions.expire();
        assertThat(ended).containsExactly("answered: yes", "first: no answer within 2000 ms");
        nowMs = 2_200;
        questions.expire();
        assertThat(ended).last().isEqualTo("second: no answer within 2000 ms");
        nowMs = 9_999;
        questions.expire();
        assertThat(ended).hasSize(3);
        nowMs = 10_000;
        questions.expire();
        assertThat(ended).last().isEqualTo("patient: no answer within 10000 ms");
    }

    @Test
    void mayBeAskedByWhatEndsAnother() {
        questions.ask(CompletableFuture::new, 1_000, (answer, failure) -> ask("next", 1_000));

        nowMs = 1_000;
        questions.expire();
        assertThat(ended).isEmpty();
        nowMs = 2_000;
        questions.expire();

        assertThat(ended).containsExactly("next: no answer within 1000 ms");
    }

    private void ask(String name, long timeoutMs) {
        ask(name, timeoutMs, new CompletableFuture<>());
    }

    private void ask(String name, long timeoutMs, CompletableFuture<String> answer) {
        questions.ask(
                () -> answer,
                timeoutMs,
                (text, failure) -> ended.add(name + ": " + (failure == null ? text : failure.getMessage())));
    }
}
