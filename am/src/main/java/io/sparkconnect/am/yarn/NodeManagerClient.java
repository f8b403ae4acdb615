/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.client.api.impl.NMClientImpl;

/**
 * Hadoop's client of NodeManagers keeps each container that it started until it stops it: those that end by themselves, in months
 * of restarts, for ever.
 */
final class NodeManagerClient extends NMClientImpl {
    /** The container has ended; nothing happens when it is not known. */
    void forget(ContainerId container) {
        startedContainers.remove(container);
    }

    /** How many containers it keeps. */
    int kept() {
        return startedContainers.size();
    }
}
