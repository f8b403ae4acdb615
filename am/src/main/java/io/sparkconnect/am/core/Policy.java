/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.SettingValue;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.settings.SettingsException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Deadlines, limits and sizes of the core. All but the last five durations come from the service's settings.
 *
 * @param spreadFor how long an ask avoids nodes that have a server already, before any node will do
 * @param askAgainAfter when an ask that got no answer is made anew; more than the ten minutes after which YARN takes
 *     back a container whose allocation we never heard of
 * @param lateContainers how long a container that the slot records know may stay unreported after a new attempt began
 * @param goneAfter how long after it was killed a container's completion is awaited
 * @param reapFor how long after a death we look for applications that its server left behind or still submits
 * @param rollouts limits of restarts and upgrades
 * @param masterMiB what the ApplicationMaster's own container holds of its user's share of the nodes without a label, MiB
 */
public record Policy(
        Duration readyTimeout,
        Duration launchTimeout,
        Duration healthInterval,
        int healthFailures,
        Duration backoffInitial,
        Duration backoffMax,
        Duration stableAfter,
        Duration stopGrace,
        Duration drainTimeout,
        Duration deathsKeep,
        Duration spreadFor,
        Duration askAgainAfter,
        Duration lateContainers,
        Duration goneAfter,
        Duration reapFor,
        RolloutLimits rollouts,
        int masterMiB) {
    /** @throws SettingsException when the value of a setting is not valid, for example because a newer launcher wrote it */
    public static Policy of(ServiceSpec spec) throws SettingsException {
        return of(settings(spec));
    }

    /**
     * The spec's settings, validated. What this version does not know counts as not given: a newer launcher wrote it, and
     * the service must go on until its ApplicationMaster is of that version too.
     */
    public static Settings settings(ServiceSpec spec) throws SettingsException {
        Map<String, SettingValue> given = new LinkedHashMap<>();
        spec.settings().forEach((key, text) -> given.put(key, new SettingValue(text, "the service's spec")));
        given.keySet().removeAll(unknownSettings(spec));
        return ServiceSettings.SCHEMA.read(given);
    }

    /** Settings of the spec that this version does not know, and goes on without. */
    public static Set<String> unknownSettings(ServiceSpec spec) {
        return ServiceSettings.SCHEMA.unknownAmong(spec.settings());
    }

    public static Policy of(Settings settings) {
        return new Policy(
                settings.get(ServiceSettings.SERVER_READY_TIMEOUT),
                settings.get(ServiceSettings.SERVER_LAUNCH_TIMEOUT),
                settings.get(ServiceSettings.HEALTH_INTERVAL),
                settings.get(ServiceSettings.HEALTH_FAILURES),
                settings.get(ServiceSettings.BACKOFF_INITIAL),
                settings.get(ServiceSettings.BACKOFF_MAX),
                settings.get(ServiceSettings.STABLE_AFTER),
                settings.get(ServiceSettings.STOP_GRACE),
                settings.get(ServiceSettings.DRAIN_TIMEOUT),
                settings.get(ServiceSettings.DEATHS_KEEP),
                Duration.ofSeconds(10),
                Duration.ofMinutes(11),
                Duration.ofSeconds(120),
                Duration.ofSeconds(60),
                Duration.ofMinutes(3),
                new RolloutLimits(
                        settings.get(ServiceSettings.ROLLOUT_FAILURES),
                        settings.get(ServiceSettings.ROLLOUT_PROGRESS_TIMEOUT),
                        settings.get(ServiceSettings.CRASH_LAUNCHES)),
                settings.get(ServiceSettings.AM_NODE_LABEL).isPresent() ? 0 : settings.get(ServiceSettings.AM_MEMORY));
    }
}
