/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static io.sparkconnect.registry.settings.ServiceSettings.PREFIX;

import io.sparkconnect.registry.PoolRouting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The keys {@code sparkconnect.pool.NAME.…}: what a pool may have of its own, and what each must look like. */
public final class PoolSettings {
    /** The pool that is always there. */
    public static final String DEFAULT = PoolRouting.DEFAULT_POOL;

    /** What a pool's name must match. */
    public static final String NAME = "[a-z][a-z0-9-]{0,39}";

    static final String POOL_PREFIX = PREFIX + "pool.";
    /** Whose sessions go to the pool; the one key of a pool that the service has not. */
    static final String USERS = "users";

    private PoolSettings() {}

    /** The settings of the service that a pool may have its own of. */
    static List<Setting<?>> own() {
        return List.of(
                ServiceSettings.EXECUTORS_QUEUE,
                ServiceSettings.SERVERS_MIN,
                ServiceSettings.SERVERS_MAX,
                ServiceSettings.SESSIONS_PER_SERVER,
                ServiceSettings.SERVERS_SPARE,
                ServiceSettings.SCALING_ENABLED,
                ServiceSettings.SCALING_FILL_PERCENT,
                ServiceSettings.SCALING_OPERATIONS,
                ServiceSettings.SCALING_OUT_STEP,
                ServiceSettings.SCALING_OUT_COOLDOWN,
                ServiceSettings.SCALING_IN_STEP,
                ServiceSettings.SCALING_IN_COOLDOWN,
                ServiceSettings.SCALING_IN_IDLE,
                ServiceSettings.SCALING_IN_DRAIN,
                ServiceSettings.SCALING_ASK_PATIENCE,
                ServiceSettings.SCALING_ASK_PAUSE,
                ServiceSettings.SERVER_MEMORY,
                ServiceSettings.SERVER_MEMORY_OVERHEAD,
                ServiceSettings.SERVER_VCORES,
                ServiceSettings.SPARK_HOME,
                ServiceSettings.SPARK_ARCHIVE,
                ServiceSettings.SERVER_JAVA_HOME,
                ServiceSettings.SERVER_NODE_LABEL,
                ServiceSettings.SERVER_CONF,
                ServiceSettings.SERVER_ENVIRONMENT);
    }

    /** How a pool's own value of a setting is called: {@code sparkconnect.pool.etl.servers.max}. */
    public static String key(String pool, Setting<?> setting) {
        return key(pool, setting.name());
    }

    /** @param name of a setting of the service, or of one key of a family */
    public static String key(String pool, String name) {
        return POOL_PREFIX + pool + "." + name.substring(PREFIX.length());
    }

    /** The pools that settings list beside the default one, as they stand there. */
    public static List<String> listed(Map<String, String> settings) {
        return SettingsSchema.parts(settings.getOrDefault(ServiceSettings.POOLS.name(), ""));
    }

    /** The pool of which a key speaks; empty when it is no pool's. */
    public static Optional<String> poolOf(String key) {
        if (!key.startsWith(POOL_PREFIX)) {
            return Optional.empty();
        }
        int dot = key.indexOf('.', POOL_PREFIX.length());
        return Optional.of(key.substring(POOL_PREFIX.length(), dot < 0 ? key.length() : dot));
    }

    /** The service's setting whose value a pool's key replaces. */
    static Optional<Setting<?>> settingOf(String ownName) {
        String name = PREFIX + ownName;
        return own().stream()
                .filter(setting -> setting.name().endsWith(".*")
                        ? name.startsWith(familyPrefix(setting))
                                && name.length() > familyPrefix(setting).length()
                        : name.equals(setting.name()))
                .findFirst();
    }

    static String familyPrefix(Setting<?> family) {
        return family.name().substring(0, family.name().length() - 1);
    }

    /** One key by itself, whatever pools there are. */
    static void check(String rest, String text) {
        int dot = rest.indexOf('.');
        if (dot < 0) {
            throw new IllegalArgumentException(
                    "expected: " + POOL_PREFIX + "NAME.SETTING, such as " + POOL_PREFIX + "etl.servers.max");
        }
        String pool = rest.substring(0, dot);
        String ownName = rest.substring(dot + 1);
        if (!pool.matches(NAME)) {
            throw new IllegalArgumentException("pool " + pool + "; expected: a name like " + NAME);
        }
        if (ownName.equals(USERS)) {
            return;
        }
        if (ownName.equals("queue")) {
            throw new IllegalArgumentException(
                    "the servers of all pools are containers of one YARN application, which is"
                            + " in one queue, " + ServiceSettings.QUEUE.name() + "; expected: "
                            + key(pool, ServiceSettings.EXECUTORS_QUEUE)
                            + ", the queue of its servers' own applications");
        }
        Setting<?> setting = settingOf(ownName).orElseThrow(() -> new IllegalArgumentException(unknown(pool, ownName)));
        if (!setting.name().endsWith(".*")) {
            setting.parse(text);
        }
    }

    private static String unknown(String pool, String ownName) {
        if (ServiceSettings.SCHEMA.named(PREFIX + ownName) != null) {
            return PREFIX + ownName + " is one for all pools; expected: without the pool's name";
        }
        List<String> known = new ArrayList<>(Stream.concat(
                        own().stream().map(setting -> setting.name().substring(PREFIX.length())), Stream.of(USERS))
                .toList());
        return "unknown setting of a pool; did you mean " + POOL_PREFIX + pool + "." + NearestName.to(ownName, known)
                + "?";
    }
}
