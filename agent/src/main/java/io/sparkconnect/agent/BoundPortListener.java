/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.util.function.IntConsumer;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears from Spark 4.0 and later on which port its Connect server listens. Called on Spark's listener thread. */
final class BoundPortListener extends SparkListener {
    private static final Logger LOG = LoggerFactory.getLogger(BoundPortListener.class);
    private static final String STARTED = "org.apache.spark.sql.connect.service.SparkListenerConnectServiceStarted";

    private final IntConsumer onBound;

    BoundPortListener(IntConsumer onBound) {
        this.onBound = onBound;
    }

    @Override
    public void onOtherEvent(SparkListenerEvent event) {
        if (!event.getClass().getName().equals(STARTED)) {
            return;
        }
        try {
            if (event.getClass().getMethod("bindingPort").invoke(event) instanceof Integer port && port > 0) {
                onBound.accept(port);
            }
        } catch (ReflectiveOperationException e) {
            LOG.debug("this Spark's start event names no port; asking the service for it instead", e);
        }
    }
}
