/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.PoolSettings;
import io.sparkconnect.registry.settings.Setting;
import java.util.HashMap;
import java.util.Map;

/**
 * Which keys of a spec's settings say what a pool has. The default pool, while it is alone, has the service's own; with
 * others beside it, it has keys of its own like them, for what stands under the service's holds for all.
 */
final class OwnKeys {
    private OwnKeys() {}

    /** Whether the settings describe the pool at all; a spec may have pools that its writer did not list. */
    static boolean describe(ServiceSpec spec, String pool) {
        return pool.equals(SpecPlan.POOL)
                || PoolSettings.listed(spec.settings()).contains(pool);
    }

    /** Where the pool's value of a setting stands. */
    static String key(ServiceSpec spec, String pool, Setting<?> setting) {
        String own = PoolSettings.key(pool, setting);
        return hasItsOwn(spec, pool) || spec.settings().containsKey(own) ? own : setting.name();
    }

    static void set(ServiceSpec spec, String pool, Setting<?> setting, String value, Map<String, String> settings) {
        settings.put(key(spec, pool, setting), value);
    }

    /**
     * Makes the settings say these keys of a family, such as the Spark configuration; what the pool has not of the service's is
     * taken out by name.
     */
    static void setFamily(
            ServiceSpec spec,
            String pool,
            Setting<Map<String, String>> family,
            Map<String, String> wished,
            Map<String, String> settings) {
        String ofService = family.name().replace("*", "");
        String own = PoolSettings.key(pool, ofService);
        boolean ofItsOwn = hasItsOwn(spec, pool) || settings.keySet().stream().anyMatch(key -> key.startsWith(own));
        settings.keySet().removeIf(key -> key.startsWith(ofItsOwn ? own : ofService));
        if (!ofItsOwn) {
            wished.forEach((key, value) -> settings.put(ofService + key, value));
            return;
        }
        Map<String, String> inherited = new HashMap<>();
        settings.forEach((key, value) -> {
            if (key.startsWith(ofService)) {
                inherited.put(key.substring(ofService.length()), value);
            }
        });
        wished.forEach((key, value) -> {
            if (!value.equals(inherited.get(key))) {
                settings.put(own + key, value);
            }
        });
        inherited.keySet().stream().filter(key -> !wished.containsKey(key)).forEach(key -> settings.put(own + key, ""));
    }

    private static boolean hasItsOwn(ServiceSpec spec, String pool) {
        return !pool.equals(SpecPlan.POOL) || spec.pools().size() > 1;
    }
}
