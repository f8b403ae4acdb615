/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.Closeable;
import java.io.IOException;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterResponse;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterResponse;
import org.apache.hadoop.yarn.exceptions.YarnException;

/** The ResourceManager as Hadoop's own client sees it: something of ours is done to each heartbeat on its way. */
abstract class HeartbeatCarrier implements ApplicationMasterProtocol, Closeable {
    final ApplicationMasterProtocol resourceManager;

    HeartbeatCarrier(ApplicationMasterProtocol resourceManager) {
        this.resourceManager = resourceManager;
    }

    /** A ResourceManager that registers us knows of no ask. */
    abstract void registered();

    @Override
    public abstract AllocateResponse allocate(AllocateRequest heartbeat) throws YarnException, IOException;

    @Override
    public final RegisterApplicationMasterResponse registerApplicationMaster(RegisterApplicationMasterRequest request)
            throws YarnException, IOException {
        RegisterApplicationMasterResponse response = resourceManager.registerApplicationMaster(request);
        registered();
        return response;
    }

    @Override
    public final FinishApplicationMasterResponse finishApplicationMaster(FinishApplicationMasterRequest request)
            throws YarnException, IOException {
        return resourceManager.finishApplicationMaster(request);
    }

    @Override
    public final void close() {
        RPC.stopProxy(resourceManager);
    }
}
