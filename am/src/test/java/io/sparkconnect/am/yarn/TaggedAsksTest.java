/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Spread;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterResponse;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterResponse;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.SchedulingRequest;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class TaggedAsksTest {
    private final Heard heard = new Heard();
    private final TaggedAsks asks = new TaggedAsks();
    private final ApplicationMasterProtocol resourceManager = asks.carriedTo(heard);

    @Test
    void anAskGoesOutOnceWithItsTagItsLabelAndItsConstraint() throws Exception {
        asks.add(request(1));

        heartbeat();
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1"), List.of());
        assertThat(request(1).getAllocationTags()).containsExactly("sparkconnect-service-svc");
        assertThat(request(1).getPlacementConstraint().toString())
                .contains("sparkconnect-service-svc", "CORE", "node", "2");
    }

    @Test
    void whatWasNotHeardGoesOutAgain() throws Exception {
        asks.add(request(1));
        heard.away = true;
        assertThatThrownBy(this::heartbeat).isInstanceOf(IOException.class);
        heard.away = false;
        asks.add(request(2));

        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1", "2 x1"));
    }

    /** The scheduler forgets an ask only when its number falls to none by our word. */
    @Test
    void aWithdrawnAskBecomesNoneAndAnAnsweredOneIsMadeToBeForgotten() throws Exception {
        asks.add(request(1));
        asks.add(request(2));
        heartbeat();

        asks.withdraw(1);
        assertThat(asks.answered(2)).isEqualTo(request(2));
        heartbeat();
        asks.withdraw(1);
        assertThat(asks.answered(2)).isNull();
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1", "2 x1"), List.of("1 x0", "2 x1", "2 x0"), List.of());
    }

    @Test
    void aResourceManagerThatRegistersUsAnewHearsOfEveryOpenAskAndOfNoOther() throws Exception {
        asks.add(request(1));
        asks.add(request(2));
        asks.add(request(3));
        heartbeat();
        asks.withdraw(1);
        var unused = asks.answered(2);

        resourceManager.registerApplicationMaster(Records.newRecord(RegisterApplicationMasterRequest.class));
        heartbeat();

        assertThat(heard.beats).last().isEqualTo(List.of("3 x1"));
    }

    private void heartbeat() throws Exception {
        resourceManager.allocate(Records.newRecord(AllocateRequest.class));
    }

    private static SchedulingRequest request(long id) {
        return ConstrainedRequest.of(
                new Action.AskContainer("default-0", id, 256, 1, "CORE", new Spread("sparkconnect-service-svc", 2)),
                Priority.newInstance(1));
    }

    private static final class Heard implements ApplicationMasterProtocol {
        private final List<List<String>> beats = new ArrayList<>();
        private boolean away;

        @Override
        public RegisterApplicationMasterResponse registerApplicationMaster(RegisterApplicationMasterRequest request) {
            return Records.newRecord(RegisterApplicationMasterResponse.class);
        }

        @Override
        public AllocateResponse allocate(AllocateRequest request) throws IOException {
            if (away) {
                throw new IOException("connection refused");
            }
            beats.add(request.getSchedulingRequests().stream()
                    .map(ask -> ask.getAllocationRequestId() + " x"
                            + ask.getResourceSizing().getNumAllocations())
                    .toList());
            return Records.newRecord(AllocateResponse.class);
        }

        @Override
        public FinishApplicationMasterResponse finishApplicationMaster(FinishApplicationMasterRequest request) {
            throw new UnsupportedOperationException("nobody finishes here");
        }
    }
}
