/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static java.util.Objects.requireNonNull;

import io.sparkconnect.registry.PoolRouting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The pools that a configuration describes: the service's settings, and over them each pool's own. Immutable. */
public final class Pools {
    private final Map<String, Settings> byName;
    private final PoolRouting routing;
    private final Map<String, String> given;

    private Pools(Map<String, Settings> byName, PoolRouting routing, Map<String, String> given) {
        this.byName = byName;
        this.routing = routing;
        this.given = given;
    }

    /**
     * Whether they fit together is checked here; each key by itself was when the settings were read.
     *
     * @param settings of {@link ServiceSettings#SCHEMA}
     * @param mistakes gets a line for each; what is wrong is left out
     */
    public static Pools of(Settings settings, Consumer<String> mistakes) {
        Set<String> names = names(settings, mistakes);
        Map<String, Map<String, String>> own = own(settings, names, mistakes);
        Map<String, Settings> byName = new LinkedHashMap<>();
        for (String pool : names) {
            byName.put(pool, overlaid(pool, settings, own.getOrDefault(pool, Map.of()), mistakes));
        }
        Pools pools = new Pools(byName, PoolRules.of(settings, names, own, mistakes), settings.given());
        byName.forEach((pool, of) -> pools.checkCounts(pool, of, mistakes));
        return pools;
    }

    /** The default pool first, then the others as they are listed. */
    public List<String> names() {
        return List.copyOf(byName.keySet());
    }

    /**
     * The pool's settings: its own where it has them, else the service's.
     *
     * @throws IllegalArgumentException when there is no such pool
     */
    public Settings of(String pool) {
        Settings settings = byName.get(pool);
        if (settings == null) {
            throw new IllegalArgumentException("pool: " + pool + " (expected: one of " + byName.keySet() + ")");
        }
        return settings;
    }

    /** Who goes where. */
    public PoolRouting routing() {
        return routing;
    }

    /** The key that says what holds for the pool: its own where it has one, else the service's. */
    public String keyOf(String pool, Setting<?> setting) {
        String own = PoolSettings.key(pool, setting);
        return given.containsKey(own) ? own : setting.name();
    }

    private static Set<String> names(Settings settings, Consumer<String> mistakes) {
        Set<String> names = new LinkedHashSet<>(Set.of(PoolSettings.DEFAULT));
        Set<String> seen = new LinkedHashSet<>();
        for (String name : settings.get(ServiceSettings.POOLS)) {
            String wrong = !name.matches(PoolSettings.NAME)
                    ? "expected: names like " + PoolSettings.NAME
                    : seen.add(name) ? "" : "is listed twice";
            if (wrong.isEmpty()) {
                names.add(name);
            } else {
                mistakes.accept(ServiceSettings.POOLS.name() + ": " + name + " (" + wrong + "; given in "
                        + settings.sourceOf(ServiceSettings.POOLS.name()) + ")");
            }
        }
        return names;
    }

    /** What each pool has of its own, as text by name without the pool's part. */
    private static Map<String, Map<String, String>> own(
            Settings settings, Set<String> names, Consumer<String> mistakes) {
        Map<String, Map<String, String>> own = new HashMap<>();
        settings.get(ServiceSettings.POOL).forEach((rest, text) -> {
            String key = PoolSettings.POOL_PREFIX + rest;
            String pool = PoolSettings.poolOf(key).orElseThrow();
            if (names.contains(pool)) {
                own.computeIfAbsent(pool, name -> new TreeMap<>()).put(rest.substring(pool.length() + 1), text);
            } else {
                mistakes.accept(key + ": there is no pool " + pool + " (did you mean " + NearestName.to(pool, names)
                        + "? a new one is listed in " + ServiceSettings.POOLS.name() + "; given in "
                        + settings.sourceOf(key) + ")");
            }
        });
        return own;
    }

    private static Settings overlaid(
            String pool, Settings settings, Map<String, String> own, Consumer<String> mistakes) {
        Map<Setting<?>, Object> values = new HashMap<>();
        Map<Setting<Map<String, String>>, Map<String, String>> families = new HashMap<>();
        own.forEach((name, text) -> {
            Setting<?> setting = PoolSettings.settingOf(name).orElse(null);
            if (setting == ServiceSettings.SERVER_CONF || setting == ServiceSettings.SERVER_ENVIRONMENT) {
                Setting<Map<String, String>> family = setting == ServiceSettings.SERVER_CONF
                        ? ServiceSettings.SERVER_CONF
                        : ServiceSettings.SERVER_ENVIRONMENT;
                String rest = (ServiceSettings.PREFIX + name)
                        .substring(PoolSettings.familyPrefix(family).length());
                Map<String, String> all = families.computeIfAbsent(family, of -> new TreeMap<>(settings.get(of)));
                if (text.isEmpty()) {
                    all.remove(rest);
                } else {
                    all.put(rest, text);
                }
            } else if (setting != null) {
                values.put(setting, requireNonNull(setting.parse(text)));
            }
        });
        values.putAll(families);
        oneSpark(pool, values, mistakes);
        return settings.with(values);
    }

    /** A pool's own Spark stands in place of the service's, whichever way each is given. */
    private static void oneSpark(String pool, Map<Setting<?>, Object> own, Consumer<String> mistakes) {
        boolean home = own.containsKey(ServiceSettings.SPARK_HOME);
        boolean archive = own.containsKey(ServiceSettings.SPARK_ARCHIVE);
        if (home && archive) {
            mistakes.accept(PoolSettings.key(pool, ServiceSettings.SPARK_HOME) + " and "
                    + PoolSettings.key(pool, ServiceSettings.SPARK_ARCHIVE)
                    + " are both given (expected: one of them)");
            own.remove(ServiceSettings.SPARK_ARCHIVE);
        } else if (home) {
            own.put(ServiceSettings.SPARK_ARCHIVE, Optional.empty());
        } else if (archive) {
            own.put(ServiceSettings.SPARK_HOME, Optional.empty());
        }
    }

    private void checkCounts(String pool, Settings settings, Consumer<String> mistakes) {
        List<Setting<?>> counts =
                List.of(ServiceSettings.SERVERS_MIN, ServiceSettings.SERVERS_MAX, ServiceSettings.SERVERS_SPARE);
        List<String> keys = new ArrayList<>();
        counts.forEach(setting -> keys.add(keyOf(pool, setting)));
        boolean asForTheService = keys.equals(counts.stream().map(Setting::name).toList());
        if (asForTheService && !pool.equals(PoolSettings.DEFAULT)) {
            return; // said of the default pool already
        }
        int least = settings.get(ServiceSettings.SERVERS_MIN);
        int most = settings.get(ServiceSettings.SERVERS_MAX);
        int spare = settings.get(ServiceSettings.SERVERS_SPARE);
        if (most < least) {
            mistakes.accept(
                    keys.get(1) + ": " + most + " (expected: at least " + keys.get(0) + ", which is " + least + ")");
        }
        if (spare > 0 && spare >= most) {
            mistakes.accept(
                    keys.get(2) + ": " + spare + " (expected: below " + keys.get(1) + ", which is " + most + ")");
        }
    }
}
