/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.am.core.QueueView;
import java.util.Map;

/**
 * The queue as the CapacityScheduler minds it: an ask is answered while all that the queue holds stays below its maximum, and
 * all that our user holds below the user limit; else it waits, and nobody says so.
 */
final class SimulatedQueue {
    private static final double GUARANTEED = 0.5;

    private final Scenario scenario;

    SimulatedQueue(Scenario scenario) {
        this.scenario = scenario;
    }

    /** Whether the queue gives one more container to an application that has so many servers. */
    boolean gives(int servers, double hour) {
        return servers < holds(hour);
    }

    /** Most servers that it can have of us, beside what others hold in it. */
    int holds(double hour) {
        double most = scenario.queueMiB(hour) - scenario.othersInQueueMiB(hour);
        if (scenario.userLimitFactor() > 0) {
            most = Math.min(most, scenario.queueMiB(hour) * GUARANTEED * scenario.userLimitFactor());
        }
        return (int) Math.max(0, (most - Scenario.MASTER_MIB) / Scenario.SERVER_MIB);
    }

    /** What the ResourceManager shows of it. */
    QueueView view(int servers, double hour) {
        long most = (long) (scenario.queueMiB(hour) * scenario.toldShare());
        long allocated =
                (long) servers * Scenario.SERVER_MIB + Scenario.MASTER_MIB + (long) scenario.othersInQueueMiB(hour);
        return new QueueView(
                "sparkconnect",
                Map.of("", new QueueView.Share((long) (most * GUARANTEED), most)),
                "",
                allocated,
                scenario.userLimitFactor());
    }
}
