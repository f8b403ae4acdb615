/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.settings.Pools;
import io.sparkconnect.registry.settings.ProxySettings;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.SettingValue;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.settings.SettingsException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Our settings, read as far as they can be read: one wrong key does not keep the other checks from being made, so that a
 * user learns of all mistakes at once.
 *
 * @param settings every good value; a wrong one is replaced by its default
 * @param pools that these settings describe
 * @param wrongKeys keys whose default stands in
 * @param mistakes one line for each wrong key; empty when all is well
 */
record ServiceConfiguration(Settings settings, Pools pools, Set<String> wrongKeys, List<String> mistakes) {
    static ServiceConfiguration read(Map<String, SettingValue> given) {
        Map<String, SettingValue> good = new TreeMap<>();
        Set<String> wrong = new HashSet<>();
        List<String> mistakes = new ArrayList<>();
        given.forEach((key, value) -> {
            try {
                // The proxy's keys may stand in the same file.
                ServiceSettings.SCHEMA.read(Map.of(key, value), ProxySettings.SCHEMA);
                good.put(key, value);
            } catch (SettingsException e) {
                wrong.add(key);
                mistakes.addAll(e.mistakes());
            }
        });
        try {
            Settings settings = ServiceSettings.SCHEMA.read(good, ProxySettings.SCHEMA);
            Pools pools = Pools.of(settings, mistakes::add);
            return new ServiceConfiguration(settings, pools, Set.copyOf(wrong), List.copyOf(mistakes));
        } catch (SettingsException e) {
            throw new IllegalStateException("settings that are good one by one are bad together: " + e.getMessage(), e);
        }
    }

    /** For commands that need all of it. */
    Settings orElseThrow() throws CommandException {
        if (!mistakes.isEmpty()) {
            throw new CommandException(ExitCode.BAD_INPUT, mistakes, null);
        }
        return settings;
    }
}
