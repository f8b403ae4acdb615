/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;
import org.apache.hadoop.yarn.client.api.impl.AMRMClientImpl;
import org.apache.hadoop.yarn.exceptions.YarnException;

/** Tells of each heartbeat that the ResourceManager has answered: only to the attempt that it knows. */
final class WitnessedClient extends AMRMClientImpl<ContainerRequest> {
    private final LongConsumer answered;
    private final UnaryOperator<ApplicationMasterProtocol> carrier;

    /**
     * @param answered is given {@link System#nanoTime} of when the heartbeat was sent, on the heartbeat thread
     * @param carrier what carries heartbeats to the ResourceManager
     */
    WitnessedClient(LongConsumer answered, UnaryOperator<ApplicationMasterProtocol> carrier) {
        this.answered = answered;
        this.carrier = carrier;
    }

    @Override
    protected void serviceStart() throws Exception {
        super.serviceStart();
        rmClient = carrier.apply(rmClient);
    }

    @Override
    public AllocateResponse allocate(float progress) throws YarnException, IOException {
        long askedAtNanos = System.nanoTime();
        AllocateResponse response = super.allocate(progress);
        answered.accept(askedAtNanos);
        return response;
    }
}
