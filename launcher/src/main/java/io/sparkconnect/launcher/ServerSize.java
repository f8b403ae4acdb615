/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;

/** Sizes of the containers that the settings ask for. */
final class ServerSize {
    private static final int LEAST_OVERHEAD_MIB = 384;
    private static final int OVERHEAD_PERCENT = 10;

    private ServerSize() {}

    /** As Spark computes it for a driver in a container: client mode itself adds none. */
    static int overheadMiB(Settings settings) {
        int heap = settings.get(ServiceSettings.SERVER_MEMORY);
        return settings.get(ServiceSettings.SERVER_MEMORY_OVERHEAD)
                .orElse(Math.max(LEAST_OVERHEAD_MIB, (int) ((long) heap * OVERHEAD_PERCENT / 100)));
    }

    static ClusterView.Size server(Settings settings) {
        return new ClusterView.Size(
                (long) settings.get(ServiceSettings.SERVER_MEMORY) + overheadMiB(settings),
                settings.get(ServiceSettings.SERVER_VCORES));
    }

    static ClusterView.Size applicationMaster(Settings settings) {
        return new ClusterView.Size(settings.get(ServiceSettings.AM_MEMORY), settings.get(ServiceSettings.AM_VCORES));
    }
}
