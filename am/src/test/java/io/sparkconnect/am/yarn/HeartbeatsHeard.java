/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterResponse;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterResponse;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.util.Records;

/** A ResourceManager that registers everybody, and listens to heartbeats while it is not away. */
abstract class HeartbeatsHeard implements ApplicationMasterProtocol {
    boolean away;

    /** @throws YarnException when it refuses the heartbeat, of which it has taken nothing then */
    abstract void hear(AllocateRequest heartbeat) throws YarnException;

    @Override
    public final AllocateResponse allocate(AllocateRequest heartbeat) throws IOException, YarnException {
        if (away) {
            throw new IOException("connection refused");
        }
        hear(heartbeat);
        return Records.newRecord(AllocateResponse.class);
    }

    @Override
    public final RegisterApplicationMasterResponse registerApplicationMaster(RegisterApplicationMasterRequest request) {
        return Records.newRecord(RegisterApplicationMasterResponse.class);
    }

    @Override
    public final FinishApplicationMasterResponse finishApplicationMaster(FinishApplicationMasterRequest request) {
        throw new UnsupportedOperationException("nobody finishes here");
    }
}
