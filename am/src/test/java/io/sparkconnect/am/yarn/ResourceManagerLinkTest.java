/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.am.fixture.UnmanagedApplication;
import java.security.PrivilegedExceptionAction;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
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
    void anAskAboveWhatYarnCanGiveIsToldAndCostsNoOther() throws Exception {
        ResourceManagerLink link = registered(events::add);
        link.ask(ask(1, 128));
        awaitAllocated(1);

        link.ask(ask(2, 1 << 20));
        link.ask(ask(3, 128));
        link.ask(ask(4, 256));

        awaitAllocated(3);
        awaitAllocated(4);
        await().untilAsserted(() -> assertThat(events)
                .filteredOn(Event.AskRefused.class::isInstance)
                .singleElement()
                .satisfies(refused -> assertThat(refused.toString())
                        .contains("allocationRequestId=2", "greater than maximum allowed allocation")));
        link.cancel(2);
        link.ask(ask(5, 128));
        awaitAllocated(5);
        assertThat(fatal).isEmpty();
    }

    /** The CapacityScheduler looks at no ask behind one that is too large for a node. */
    @Test
    void aSmallAskIsAnsweredThoughALargeOneThatFitsNoNodeWasMadeBefore() throws Exception {
        ResourceManagerLink link = registered(events::add);
        String shrunk = CLUSTER.yarn().nodes().get(0);
        CLUSTER.yarn().resize(CLUSTER.yarn().nodes().get(1), 1024);
        link.ask(ask(1, 3500));
        await().until(() -> asksThatYarnKeeps() == 1);
        CLUSTER.yarn().resize(shrunk, 1024);
        try {
            await().until(() -> CLUSTER.yarn()
                            .resourceManager()
                            .getResourceScheduler()
                            .getMaximumResourceCapability()
                            .getMemorySize()
                    == 1024);
            link.ask(ask(2, 128));
            awaitAllocated(2);

            link.cancel(1);
            await().until(() -> asksThatYarnKeeps() == 0);
            link.ask(ask(3, 128));
            awaitAllocated(3);
            assertThat(events).noneMatch(Event.AskRefused.class::isInstance);
            assertThat(fatal).isEmpty();
        } finally {
            CLUSTER.yarn().nodes().forEach(CLUSTER.yarn()::empty);
        }
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
    void aContainerThatEndedByItselfIsForgotten() throws Exception {
        NodeManagers nodes = new NodeManagers(CLUSTER.yarn().conf(), events::add);
        ResourceManagerLink link = registered(nodes.forgettingEnded(events::add));
        link.ask(ask(1, 128));
        awaitAllocated(1);
        String container = events.stream()
                .filter(Event.Allocated.class::isInstance)
                .map(event -> ((Event.Allocated) event).grant().containerId())
                .findFirst()
                .orElseThrow();

        nodes.start(
                requireNonNull(link.takeAllocated(container)),
                () -> ContainerLaunchContext.newInstance(Map.of(), Map.of(), List.of("exit 3"), null, null, null));

        await().until(() -> events.contains(new Event.Started(container)));
        await().until(() -> events.stream()
                .anyMatch(event -> event instanceof Event.Completed completed && completed.exitStatus() != 0));
        assertThat(nodes.kept()).isZero();
    }

    @Test
    void anAttemptThatYarnDoesNotKnowAnyMoreEnds() throws Exception {
        registered(events::add);

        application.kill();

        await().untilAsserted(() ->
                assertThat(fatal).first().asString().contains("ResourceManager does not know this attempt any more"));
    }

    private void awaitAllocated(long ask) {
        await().until(() -> events.stream()
                .anyMatch(event -> event instanceof Event.Allocated allocated
                        && allocated.grant().allocationRequestId() == ask));
    }

    private int asksThatYarnKeeps() {
        return CLUSTER.yarn().asksThatTheSchedulerKeeps(application.attempt());
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
