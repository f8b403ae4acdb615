/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;
import org.jspecify.annotations.Nullable;

/**
 * What {@code spark.plugins} names: {@code io.sparkconnect.agent.SparkConnectAgentPlugin}. In a driver that no
 * sparkconnect-yarn service started it does nothing.
 */
public final class SparkConnectAgentPlugin implements SparkPlugin {
    /** Spark makes it by its name. */
    public SparkConnectAgentPlugin() {}

    @Override
    public DriverPlugin driverPlugin() {
        return new ServerDriverPlugin(System.getenv());
    }

    /** Executors need none. */
    @Override
    public @Nullable ExecutorPlugin executorPlugin() {
        return null;
    }
}
