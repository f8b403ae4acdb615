/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterRequest;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceRequest;
import org.apache.hadoop.yarn.exceptions.InvalidResourceRequestException;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class PlainAsksTest {
    private final Heard heard = new Heard();
    private final List<String> refused = new ArrayList<>();
    private final ApplicationMasterProtocol resourceManager =
            new PlainAsks((ask, why) -> refused.add(ask + ": " + why)).carriedTo(heard);

    @Test
    void aWithdrawalOfAnAskAboveTodaysMaximumIsTaken() throws Exception {
        heartbeat(ask(1, 4096, 1));
        heard.maximumMiB = 1024;

        heartbeat(ask(1, 4096, 0), ask(2, 512, 1));

        assertThat(heard.beats).containsExactly(List.of("1: 1 x 4096"), List.of("1: 0 x 0", "2: 1 x 512"));
        assertThat(heard.last)
                .as("the priority, by which the scheduler finds the ask")
                .extracting(ask -> ask.getPriority().getPriority())
                .containsExactly(4096, 512);
        assertThat(refused).isEmpty();
    }

    @Test
    void aWithdrawalDoesNotNameALabelThatTheQueueMayHaveLost() throws Exception {
        ResourceRequest withdrawal = ask(1, 512, 0);
        withdrawal.setNodeLabelExpression("GONE");

        heartbeat(withdrawal);

        assertThat(heard.last).singleElement().satisfies(sent -> {
            assertThat(sent.getNodeLabelExpression()).isNull();
            assertThat(sent.getResourceName()).isEqualTo(ResourceRequest.ANY);
        });
    }

    @Test
    void aRefusedAskIsToldAndTheHeartbeatGoesThroughWithoutIt() throws Exception {
        heard.maximumMiB = 1024;

        heartbeat(ask(1, 4096, 1), ask(2, 4096, 1), ask(3, 512, 0));
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("3: 0 x 0"), List.of());
        assertThat(refused).containsExactly("1: above 1024", "2: above 1024");
    }

    @Test
    void asksOfOtherSizesAreTakenOneKindAHeartbeatAfterARefusal() throws Exception {
        heard.maximumMiB = 1024;

        heartbeat(ask(1, 512, 1), ask(2, 4096, 1), ask(3, 512, 1), ask(4, 768, 1));
        assertThat(heard.beats).containsExactly(List.of());
        heartbeat();
        heartbeat();
        heartbeat(ask(5, 768, 1));
        heartbeat();

        assertThat(heard.beats)
                .containsExactly(
                        List.of(),
                        List.of("1: 1 x 512", "3: 1 x 512"),
                        List.of(),
                        List.of("4: 1 x 768", "5: 1 x 768"),
                        List.of());
        assertThat(refused).containsExactly("2: above 1024");
    }

    @Test
    void anAskThatIsWithdrawnBeforeItsTurnIsNotMade() throws Exception {
        heard.maximumMiB = 1024;
        heartbeat(ask(1, 512, 1), ask(2, 4096, 1));

        heartbeat(ask(1, 512, 0), ask(2, 4096, 0));
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of(), List.of("1: 0 x 0", "2: 0 x 0"), List.of());
        assertThat(refused).isEmpty();
    }

    /** The client gives what a lost heartbeat held once more. */
    @Test
    void aLostHeartbeatInTheMidstOfThatMakesNoAskTwice() throws Exception {
        heard.maximumMiB = 1024;
        heartbeat(ask(1, 512, 1), ask(2, 4096, 1));
        heard.away = true;
        assertThatThrownBy(() -> heartbeat(ask(3, 512, 1))).isInstanceOf(IOException.class);
        heard.away = false;

        heartbeat(ask(3, 512, 1));
        heartbeat();
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of(), List.of("1: 1 x 512", "3: 1 x 512"), List.of(), List.of());
        assertThat(refused).containsExactly("2: above 1024");
    }

    /** The client gives all of its asks to a ResourceManager that registers it. */
    @Test
    void aResourceManagerThatRegistersUsAnewHearsOfNoAskTwice() throws Exception {
        heard.maximumMiB = 1024;
        heartbeat(ask(1, 512, 1), ask(2, 4096, 1));

        resourceManager.registerApplicationMaster(Records.newRecord(RegisterApplicationMasterRequest.class));
        heard.maximumMiB = 8192;
        heartbeat(ask(1, 512, 1), ask(2, 4096, 1));
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of(), List.of("1: 1 x 512", "2: 1 x 4096"), List.of());
        assertThat(refused).isEmpty();
    }

    @Test
    void aRefusalOfAHeartbeatWithoutAsksIsNotHidden() {
        heard.maximumMiB = -1;

        assertThatThrownBy(() -> heartbeat(ask(1, 512, 0))).isInstanceOf(InvalidResourceRequestException.class);
    }

    private void heartbeat(ResourceRequest... asks) throws Exception {
        AllocateRequest heartbeat = Records.newRecord(AllocateRequest.class);
        heartbeat.setAskList(List.of(asks));
        resourceManager.allocate(heartbeat);
    }

    private static ResourceRequest ask(long id, int memoryMiB, int containers) {
        return ResourceRequest.newBuilder()
                .priority(Priority.newInstance(memoryMiB))
                .resourceName(ResourceRequest.ANY)
                .allocationRequestId(id)
                .capability(Resource.newInstance(memoryMiB, 1))
                .numContainers(containers)
                .build();
    }

    /** Refuses a heartbeat whole, as the real one does, when anything in it is above the maximum. */
    private static final class Heard extends HeartbeatsHeard {
        private final List<List<String>> beats = new ArrayList<>();
        private List<ResourceRequest> last = List.of();
        private long maximumMiB = 8192;

        @Override
        void hear(AllocateRequest heartbeat) throws InvalidResourceRequestException {
            List<ResourceRequest> asks = List.copyOf(heartbeat.getAskList());
            if (asks.stream().anyMatch(ask -> ask.getCapability().getMemorySize() > maximumMiB)) {
                throw new InvalidResourceRequestException("above " + maximumMiB + "\n\tat a.stack.Trace");
            }
            last = asks;
            beats.add(asks.stream()
                    .map(ask -> ask.getAllocationRequestId() + ": " + ask.getNumContainers() + " x "
                            + ask.getCapability().getMemorySize())
                    .toList());
        }
    }
}
