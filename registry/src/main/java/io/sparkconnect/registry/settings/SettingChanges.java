/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.util.List;
import java.util.Set;

/**
 * What becomes of a setting that is changed while the service runs. What is in none of these the ApplicationMaster follows at
 * once.
 */
public final class SettingChanges {
    /** Part of the application's submission, or what the service is found by: a change is refused. */
    public static final Set<Setting<?>> ONLY_AT_LAUNCH = Set.of(
            ServiceSettings.SERVICE_NAME,
            ServiceSettings.ZOOKEEPER_QUORUM,
            ServiceSettings.ZOOKEEPER_ROOT,
            ServiceSettings.ZOOKEEPER_SESSION_TIMEOUT,
            ServiceSettings.ZOOKEEPER_CONNECT_TIMEOUT,
            ServiceSettings.QUEUE,
            ServiceSettings.AM_MEMORY,
            ServiceSettings.AM_VCORES,
            ServiceSettings.AM_JAVA_HOME,
            ServiceSettings.AM_JAVA_OPTS,
            ServiceSettings.AM_NODE_LABEL,
            ServiceSettings.AM_MAX_ATTEMPTS,
            ServiceSettings.AM_ATTEMPTS_VALIDITY,
            ServiceSettings.STAGING_DIR,
            ServiceSettings.YARN_TAGS);

    /** Read once by each ApplicationMaster: a change comes with a warning. */
    public static final Set<Setting<?>> FROM_THE_NEXT_ATTEMPT =
            Set.of(ServiceSettings.AM_PORT, ServiceSettings.AM_HEARTBEAT, ServiceSettings.PLACEMENT_SPREAD);

    /** Which pools there are, and to whom they belong. */
    public static final Set<Setting<?>> OF_POOLS =
            Set.of(ServiceSettings.POOLS, ServiceSettings.POOLS_DEFAULT, ServiceSettings.POOL);

    private SettingChanges() {}

    /** What a pool is made of: the pool's record in the spec changes with them. */
    public static List<Setting<?>> ofEachPool() {
        return PoolSettings.own();
    }
}
