/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Core;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Identity;
import io.sparkconnect.am.core.JoinRequest;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
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
        CoreLoop loop = new CoreLoop(
                new Event.Tick(),
                queue,
                new Core(new Identity("svc", "application_1_0001", 1, "ana", null, 0, "http"), new Random(1)),
                performer,
                outlook -> {},
                certain::get,
                System::currentTimeMillis);
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
}
