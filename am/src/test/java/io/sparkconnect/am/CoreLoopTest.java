/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.ContainerGrant;
import io.sparkconnect.am.core.Core;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.HealthAnswer;
import io.sparkconnect.am.core.Identity;
import io.sparkconnect.am.core.JoinRequest;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.core.Recovered;
import io.sparkconnect.am.core.Specs;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CoreLoopTest {
    private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
    private final AtomicBoolean certain = new AtomicBoolean();
    private final List<String> performed = Collections.synchronizedList(new ArrayList<>());
    private final Action.Performer performer = (Action.Performer) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {Action.Performer.class}, (proxy, method, arguments) -> {
                performed.add(method.getName());
                return null;
            });

    @Test
    void decidesNothingWhileItCannotBeCertainThatItOwnsTheService() throws Exception {
        CoreLoop loop = beforeItHasRecovered();
        Thread thread = new Thread(loop);
        thread.start();
        try {
            queue.add(new Event.Joined(7, new JoinRequest("container_1_0001_01_000002", "i", "h", 1, 2, null, null)));
            await().during(Duration.ofMillis(500)).until(performed::isEmpty);
            assertThat(loop.turns()).as("it waits on purpose").isTrue();

            certain.set(true);

            await().until(() -> performed.equals(List.of("answerJoin")));
        } finally {
            thread.interrupt();
            thread.join(10_000);
        }
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void whatIsToldAgainAndAgainDoesNotPileUpWhileItWaits() throws Exception {
        CoreLoop loop = beforeItHasRecovered();
        Thread thread = new Thread(loop);
        thread.start();
        try {
            for (int look = 0; look < 10_000; look++) {
                queue.add(new Event.PollFailed("container_1_0001_01_000002", "refused"));
            }

            await().until(queue::isEmpty);
            assertThat(performed).isEmpty();
        } finally {
            thread.interrupt();
            thread.join(10_000);
        }
    }

    @Test
    void takesInAllThatWaitedBeforeItDecidesWhatIsLate() throws Exception {
        String container = "container_1_0001_01_000002";
        AtomicLong nanos = new AtomicLong();
        AtomicReference<@Nullable Outlook> shown = new AtomicReference<>();
        Core core = new Core(new Identity("svc", "application_1_0001", 1, "ana", null, 0, "http"), new Random(1));
        CoreLoop loop = new CoreLoop(
                new Event.AttemptRecovered(attemptWithAServerThatStarts(container)),
                queue,
                core,
                performer,
                shown::set,
                certain::get,
                () -> 1_000_000_000,
                // Each look at the clock is four seconds later.
                () -> nanos.addAndGet(4_000_000_000L));
        Thread thread = new Thread(loop);
        thread.start();
        try {
            await().until(() -> nanos.get() > Duration.ofMinutes(10).toNanos());
            queue.add(new Event.ContainerSeen(container, false));
            queue.add(new Event.Joined(1, new JoinRequest(container, "i", "h", 1, 2, "4.3.0", null)));
            queue.add(new Event.Polled(container, new HealthAnswer("i", true, "", new ServerLoad(0, 0, 1, 2), null)));

            certain.set(true);

            await().until(() -> shown.get() != null);
            assertThat(Objects.requireNonNull(shown.get()).image().servers()).containsOnlyKeys(container);
        } finally {
            thread.interrupt();
            thread.join(10_000);
        }
    }

    private CoreLoop beforeItHasRecovered() {
        return new CoreLoop(
                new Event.Tick(),
                queue,
                new Core(new Identity("svc", "application_1_0001", 1, "ana", null, 0, "http"), new Random(1)),
                performer,
                outlook -> {},
                certain::get,
                System::currentTimeMillis,
                System::nanoTime);
    }

    private static Recovered attemptWithAServerThatStarts(String container) {
        SlotRecord starting = new SlotRecord(
                "default-0",
                "default",
                1,
                1_000_000_001,
                SlotState.STARTING,
                1_000_000_000,
                container,
                "n1:1",
                "n1:8042",
                null,
                null,
                null,
                0,
                null,
                null,
                null,
                0,
                0,
                0,
                null,
                0);
        return new Recovered(
                Specs.servers(1, 1),
                Specs.POLICY,
                List.of(new ContainerGrant(container, 1_000_000_001, "n1:1", "n1:8042")),
                List.of(starting),
                List.of(),
                List.of(),
                null,
                8192,
                8,
                Specs.BY_BLACKLIST);
    }
}
