/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.util.Collection;

/** What may have been meant by a key that is no setting of ours. */
public final class UnknownKey {
    private static final String OF_SPARK = "spark.";
    private static final String SERVER_CONF = "sparkconnect.server.conf.";

    private UnknownKey() {}

    /**
     * One of Spark's own, as it is written here; else the nearest known key.
     *
     * @param known names of settings, families among them with {@code .*} at their end
     */
    public static String meant(String key, Collection<String> known) {
        boolean ofSpark = key.startsWith(OF_SPARK) && known.contains(SERVER_CONF + "*");
        return ofSpark ? SERVER_CONF + key : NearestName.to(key, known);
    }
}
