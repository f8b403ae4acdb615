/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.am.fixture.UnmanagedApplication;
import java.security.PrivilegedExceptionAction;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What must end an attempt, because Hadoop's client goes on with its heartbeats and tells nothing any more. */
class ResourceManagerLinkTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> fatal = new CopyOnWriteArrayList<>();
    private UnmanagedApplication application;

    @BeforeEach
    void submit() throws Exception {
        application = new UnmanagedApplication(CLUSTER.yarn(), "link", "sparkconnect", 128);
    }

    @AfterEach
    void end() throws Exception {
        application.close();
    }

    @Test
    void anAskAboveWhatYarnCanGiveIsTheEndOfTheAttemptAndNotASilence() throws Exception {
        ResourceManagerLink link = registered(events::add);
        link.ask(ask(1, 128));
        await().until(() -> events.stream().anyMatch(Event.Allocated.class::isInstance));
        assertThat(fatal).isEmpty();

        link.ask(ask(2, 1 << 20));

        await().untilAsserted(() ->
                assertThat(fatal).first().asString().contains("the heartbeat", "InvalidResourceRequestException"));
    }

    @Test
    void aCallbackThatThrowsIsTheEndOfTheAttempt() throws Exception {
        ResourceManagerLink link = registered(event -> {
            throw new IllegalStateException("nobody takes " + event);
        });

        link.ask(ask(1, 128));

        await().untilAsserted(() -> assertThat(fatal).first().asString().contains("nobody takes Allocated"));
    }

    @Test
    void anAttemptThatYarnDoesNotKnowAnyMoreEnds() throws Exception {
        registered(events::add);

        application.kill();

        await().untilAsserted(() ->
                assertThat(fatal).first().asString().contains("ResourceManager does not know this attempt any more"));
    }

    private ResourceManagerLink registered(Consumer<Event> taker) throws Exception {
        return application.master().doAs((PrivilegedExceptionAction<ResourceManagerLink>) () -> {
            ResourceManagerLink link = new ResourceManagerLink(
                    CLUSTER.yarn().conf(), 100, taker, () -> {}, fatal::add, answered -> {}, false);
            var unused = link.register("localhost", -1, "");
            return link;
        });
    }

    private static Action.AskContainer ask(long id, long memoryMiB) {
        return new Action.AskContainer("default-" + id, id, memoryMiB, 1, null, null);
    }
}
