/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import java.util.function.LongConsumer;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;
import org.apache.hadoop.yarn.client.api.impl.AMRMClientImpl;
import org.apache.hadoop.yarn.exceptions.YarnException;

/** Tells of each heartbeat that the ResourceManager has answered: only to the attempt that it knows. */
final class WitnessedClient extends AMRMClientImpl<ContainerRequest> {
    private final LongConsumer answered;

    /** @param answered is given {@link System#nanoTime} of when the heartbeat was sent, on the heartbeat thread */
    WitnessedClient(LongConsumer answered) {
        this.answered = answered;
    }

    @Override
    public AllocateResponse allocate(float progress) throws YarnException, IOException {
        long askedAtNanos = System.nanoTime();
        AllocateResponse response = super.allocate(progress);
        answered.accept(askedAtNanos);
        return response;
    }
}
