/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;
import java.util.OptionalInt;

/** A SparkContext and its Connect server, both obedient. */
final class FakeSpark implements SparkDriver, ConnectServer {
    volatile boolean stopped;
    volatile boolean finishedStopping;
    volatile OptionalInt port = OptionalInt.empty();
    volatile Load load = Load.UNKNOWN;
    volatile Duration grace = Duration.ZERO;

    @Override
    public String version() {
        return "4.3.0";
    }

    @Override
    public String uiUrl() {
        return "http://node-1:4040";
    }

    @Override
    public boolean isStopped() {
        return stopped;
    }

    @Override
    public boolean hasFinishedStopping() {
        return finishedStopping;
    }

    @Override
    public void stop() {
        stopped = true;
        finishedStopping = true;
    }

    @Override
    public OptionalInt boundPort() {
        return port;
    }

    @Override
    public Load load() {
        return load;
    }

    @Override
    public void stop(Duration within) {
        grace = within;
    }
}
