/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.spark.sql.connect.service;

import org.apache.spark.scheduler.SparkListenerEvent;

/** Looks to the agent like the event of Spark 4.0 and later. */
public record SparkListenerConnectServiceStarted(String hostAddress, int bindingPort, long eventTime)
        implements SparkListenerEvent {}
