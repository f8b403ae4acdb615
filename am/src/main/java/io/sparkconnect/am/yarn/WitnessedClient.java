/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import java.util.function.LongConsumer;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;
import org.apache.hadoop.yarn.client.api.impl.AMRMClientImpl;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;

/** Tells of each heartbeat that the ResourceManager has answered: only to the attempt that it knows. */
final class WitnessedClient extends AMRMClientImpl<ContainerRequest> {
    private final LongConsumer answered;
    private final @Nullable TaggedAsks tagged;

    /**
     * @param answered is given {@link System#nanoTime} of when the heartbeat was sent, on the heartbeat thread
     * @param tagged what goes with the heartbeats; null when the ResourceManager takes no such asks
     */
    WitnessedClient(LongConsumer answered, @Nullable TaggedAsks tagged) {
        this.answered = answered;
        this.tagged = tagged;
    }

    @Override
    protected void serviceStart() throws Exception {
        super.serviceStart();
        if (tagged != null) {
            rmClient = tagged.carriedTo(rmClient);
        }
    }

    @Override
    public AllocateResponse allocate(float progress) throws YarnException, IOException {
        long askedAtNanos = System.nanoTime();
        AllocateResponse response = super.allocate(progress);
        answered.accept(askedAtNanos);
        return response;
    }
}
