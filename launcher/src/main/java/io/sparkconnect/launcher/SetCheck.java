/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.PoolSettings;
import io.sparkconnect.registry.settings.Pools;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingChanges;
import io.sparkconnect.registry.settings.SettingValue;
import io.sparkconnect.registry.settings.UnknownKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whether settings may be changed in a running service, and whether they are good then. */
final class SetCheck {
    private static final String OF_PROXIES = "sparkconnect.proxy.";

    private final Map<String, String> values;
    private final List<String> unset;
    private final List<String> mistakes = new ArrayList<>();

    SetCheck(Map<String, String> values, List<String> unset) {
        this.values = values;
        this.unset = unset;
    }

    /**
     * @param settings as they would be
     * @throws CommandException with every mistake
     */
    Pools check(ServiceSpec spec, Map<String, String> settings) throws CommandException {
        values.keySet().forEach(key -> mayBeSet(key, spec));
        // What should never have got into the spec can be taken out of it.
        unset.stream()
                .filter(key -> !isOfProxies(key) || !spec.settings().containsKey(key))
                .forEach(key -> mayBeSet(key, spec));
        Map<String, SettingValue> all = new TreeMap<>();
        settings.forEach((key, text) -> all.put(
                key, new SettingValue(text, values.containsKey(key) ? "the command line" : "the service's spec")));
        ServiceConfiguration read = ServiceConfiguration.read(all);
        mistakes.addAll(read.mistakes());
        for (String key : unset) {
            if (key.startsWith(ServiceSettings.PREFIX)) {
                ServiceConfiguration.read(Map.of(key, new SettingValue("0", "--unset"))).mistakes().stream()
                        .filter(mistake -> mistake.contains("unknown setting"))
                        .forEach(mistakes::add);
            }
        }
        if (!mistakes.isEmpty()) {
            throw new CommandException(ExitCode.BAD_INPUT, mistakes, null);
        }
        return read.pools();
    }

    private void mayBeSet(String key, ServiceSpec spec) {
        if (SettingChanges.ONLY_AT_LAUNCH.stream()
                        .anyMatch(setting -> setting.name().equals(key))
                || key.startsWith("sparkconnect.zookeeper.")) {
            mistakes.add(key + ": only a launch can change it (stop the service and launch it with the new value)");
        } else if (isOfProxies(key)) {
            mistakes.add(
                    key + ": a setting of the proxies, which read it from their own sparkconnect-site.xml (change it"
                            + " there; `scripts/sparkconnect-proxy.sh reload` brings it about)");
        } else if (key.equals(ServiceSettings.SPARK_HOME.name()) || key.equals(ServiceSettings.SPARK_ARCHIVE.name())) {
            mistakes.add(key + ": use `upgrade --spark-home` or `upgrade --archive`, which look at it first");
        } else if (isSparkOfARunningPool(key, spec)) {
            String pool = PoolSettings.poolOf(key).orElseThrow();
            mistakes.add(key + ": use `upgrade --pool " + pool + " --spark-home` or `upgrade --pool " + pool
                    + " --archive`, which look at it first");
        } else if (!key.startsWith(ServiceSettings.PREFIX)) {
            List<String> known =
                    ServiceSettings.SCHEMA.all().stream().map(Setting::name).toList();
            mistakes.add(key + ": unknown setting (did you mean " + UnknownKey.meant(key, known) + "?)");
        }
    }

    private static boolean isOfProxies(String key) {
        return key.startsWith(OF_PROXIES);
    }

    private static boolean isSparkOfARunningPool(String key, ServiceSpec spec) {
        return PoolSettings.poolOf(key)
                .filter(spec.pools()::containsKey)
                .filter(pool -> key.equals(PoolSettings.key(pool, ServiceSettings.SPARK_HOME))
                        || key.equals(PoolSettings.key(pool, ServiceSettings.SPARK_ARCHIVE)))
                .isPresent();
    }
}
