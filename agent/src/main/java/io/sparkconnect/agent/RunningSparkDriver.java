/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.lang.reflect.InvocationTargetException;
import org.apache.spark.SparkContext;
import scala.Option;

/** The driver that this plugin was loaded into. */
final class RunningSparkDriver implements SparkDriver {
    private final SparkContext context;

    RunningSparkDriver(SparkContext context) {
        this.context = context;
    }

    @Override
    public String version() {
        return context.version();
    }

    @Override
    public String uiUrl() {
        Option<String> url = context.uiWebUrl();
        return url.isDefined() ? url.get() : "";
    }

    @Override
    public boolean isStopped() {
        return context.isStopped();
    }

    /** {@code SparkContext.stop} raises its flag first and clears the active context as its last act. */
    @Override
    public boolean hasFinishedStopping() {
        if (!context.isStopped()) {
            return false;
        }
        try {
            Class<?> companion =
                    Class.forName(SparkContext.class.getName() + "$", true, SparkContext.class.getClassLoader());
            Object module = companion.getField("MODULE$").get(null);
            return companion.getMethod("getActive").invoke(module) instanceof Option<?> active && active.isEmpty();
        } catch (ClassNotFoundException
                | NoSuchFieldException
                | NoSuchMethodException
                | IllegalAccessException
                | InvocationTargetException e) {
            // A Spark without this private method: the caller's grace is all that can be given.
            return true;
        }
    }

    @Override
    public void stop() {
        context.stop();
    }
}
