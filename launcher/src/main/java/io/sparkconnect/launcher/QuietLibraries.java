/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.lang.reflect.Method;

/**
 * Keeps Hadoop's and ZooKeeper's INFO lines off the user's screen. Hadoop's binding is log4j 1 (or what stands in for it),
 * which is no dependency of ours, so it is reached by name; where it is missing, nothing happens.
 */
final class QuietLibraries {
    private static final String[] LOUD = {
        "io.sparkconnect", "org.apache.hadoop", "org.apache.zookeeper", "org.apache.curator"
    };

    /** Prints a stack trace for each try to find a host that is not known; {@link OpenRegistry} says it in a sentence. */
    private static final String ALARMED = "org.apache.zookeeper.client.StaticHostProvider";

    private QuietLibraries() {}

    static void hush() {
        try {
            Class<?> logger = Class.forName("org.apache.log4j.Logger");
            Class<?> level = Class.forName("org.apache.log4j.Level");
            Object error = level.getField("ERROR").get(null);
            Method getLogger = logger.getMethod("getLogger", String.class);
            Method setLevel = logger.getMethod("setLevel", level);
            for (String name : LOUD) {
                setLevel.invoke(getLogger.invoke(null, name), error);
            }
            setLevel.invoke(
                    getLogger.invoke(null, ALARMED), level.getField("OFF").get(null));
        } catch (ReflectiveOperationException | LinkageError e) {
            // Another logging backend: its own configuration says how loud it is.
            return;
        }
    }
}
