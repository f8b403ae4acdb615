/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.UserRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Reads who goes to which pool. */
final class PoolRules {
    private PoolRules() {}

    /**
     * @param names pools in their order
     * @param own what each has of its own, by name without the pool's part
     */
    static PoolRouting of(
            Settings settings, Set<String> names, Map<String, Map<String, String>> own, Consumer<String> mistakes) {
        List<UserRule> exact = new ArrayList<>();
        List<UserRule> patterns = new ArrayList<>();
        Map<String, String> poolByUsers = new HashMap<>();
        for (String pool : names) {
            String text = own.getOrDefault(pool, Map.of()).getOrDefault(PoolSettings.USERS, "");
            for (String users : SettingsSchema.parts(text)) {
                String before = poolByUsers.putIfAbsent(users, pool);
                if (before == null) {
                    UserRule rule = new UserRule(users, pool);
                    (rule.namesOneUser() ? exact : patterns).add(rule);
                } else if (!before.equals(pool)) {
                    String key = PoolSettings.POOL_PREFIX + pool + "." + PoolSettings.USERS;
                    mistakes.accept(key + ": " + users + " (goes to pool " + before + " already; given in "
                            + settings.sourceOf(key) + ")");
                }
            }
        }
        List<UserRule> rules = new ArrayList<>(exact);
        rules.addAll(patterns);
        return new PoolRouting(defaultPool(settings, names, mistakes), rules);
    }

    private static String defaultPool(Settings settings, Set<String> names, Consumer<String> mistakes) {
        String name = settings.get(ServiceSettings.POOLS_DEFAULT);
        if (names.contains(name)) {
            return name;
        }
        String key = ServiceSettings.POOLS_DEFAULT.name();
        mistakes.accept(key + ": there is no pool " + name + " (did you mean " + NearestName.to(name, names)
                + "? there are: " + String.join(", ", names) + "; given in " + settings.sourceOf(key) + ")");
        return PoolSettings.DEFAULT;
    }
}
