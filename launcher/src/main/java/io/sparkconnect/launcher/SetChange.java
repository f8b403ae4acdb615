/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingValue;
import io.sparkconnect.registry.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Other settings of a running service. They describe the default pool. */
final class SetChange implements Change {
    /** Part of the application's submission, or what the service is found by. */
    private static final Set<Setting<?>> ONLY_AT_LAUNCH = Set.of(
            ServiceSettings.SERVICE_NAME,
            ServiceSettings.ZOOKEEPER_QUORUM,
            ServiceSettings.ZOOKEEPER_ROOT,
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

    /** Read once by each ApplicationMaster. */
    private static final Set<Setting<?>> FROM_THE_NEXT_ATTEMPT =
            Set.of(ServiceSettings.AM_PORT, ServiceSettings.AM_HEARTBEAT, ServiceSettings.HEALTH_INTERVAL);

    private final Map<String, String> values;
    private final List<String> unset;
    private final int maxSurge;
    private long awaitedRevision;

    SetChange(Map<String, String> values, List<String> unset, int maxSurge) {
        this.values = new TreeMap<>(values);
        this.unset = List.copyOf(unset);
        this.maxSurge = maxSurge;
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        PoolSpec before = spec.pools().get(SpecPlan.POOL);
        if (before == null) {
            throw new CommandException(
                    ExitCode.NOT_FOUND,
                    "service " + spec.service() + " has no pool " + SpecPlan.POOL + " to set anything of");
        }
        Map<String, String> settings = new TreeMap<>(spec.settings());
        settings.putAll(values);
        unset.forEach(settings::remove);
        Settings valid = check(settings);
        List<String> what = differences(spec.settings(), settings);
        if (what.isEmpty()) {
            return Proposal.nothing(spec);
        }
        ServiceSpec planned = SpecPlan.of(
                valid,
                new SparkDistribution(before.sparkHome(), before.sparkArchive(), null),
                spec.user(),
                spec.generation());
        PoolSpec after =
                Objects.requireNonNull(planned.pools().get(SpecPlan.POOL)).withRollout(before.rollout());
        String text = String.join(", ", what);
        boolean rollsOut = !PoolChanges.startAlike(before, after);
        if (rollsOut) {
            after = PoolChanges.rolledOut(after, before, spec.generation() + 1, text, maxSurge, status);
        }
        awaitedRevision = rollsOut ? after.revision() : 0;
        List<String> steps = new ArrayList<>();
        steps.add("set " + text);
        if (rollsOut) {
            steps.add("bring that to the servers of pool " + SpecPlan.POOL + RestartChange.rolling(maxSurge));
        }
        return new Proposal(spec.withSettings(settings).withPool(after), steps, warnings());
    }

    private Settings check(Map<String, String> settings) throws CommandException {
        List<String> mistakes = new ArrayList<>();
        List<String> given = new ArrayList<>(values.keySet());
        given.addAll(unset);
        for (String key : given) {
            if (ONLY_AT_LAUNCH.stream().anyMatch(setting -> setting.name().equals(key))
                    || key.startsWith("sparkconnect.zookeeper.")) {
                mistakes.add(key + ": only a launch can change it (stop the service and launch it with the new value)");
            } else if (key.equals(ServiceSettings.SPARK_HOME.name())
                    || key.equals(ServiceSettings.SPARK_ARCHIVE.name())) {
                mistakes.add(key + ": use `upgrade --spark-home` or `upgrade --archive`, which look at it first");
            } else if (!key.startsWith(ServiceSettings.PREFIX)) {
                mistakes.add(key + ": unknown setting (did you mean "
                        + NearestName.to(
                                key,
                                ServiceSettings.SCHEMA.all().stream()
                                        .map(Setting::name)
                                        .toList())
                        + "?)");
            }
        }
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
        if (mistakes.isEmpty()) {
            int least = read.settings().get(ServiceSettings.SERVERS_MIN);
            int most = read.settings().get(ServiceSettings.SERVERS_MAX);
            if (most < least) {
                mistakes.add("sparkconnect.servers.max: " + most
                        + " (expected: at least sparkconnect.servers.min, which is " + least + ")");
            }
        }
        if (!mistakes.isEmpty()) {
            throw new CommandException(ExitCode.BAD_INPUT, mistakes, null);
        }
        return read.settings();
    }

    private static List<String> differences(Map<String, String> before, Map<String, String> after) {
        List<String> differences = new ArrayList<>();
        after.forEach((key, value) -> {
            if (!value.equals(before.get(key))) {
                differences.add(key + "=" + value);
            }
        });
        before.keySet().stream()
                .filter(key -> !after.containsKey(key))
                .sorted()
                .forEach(key -> differences.add(key + " to its default"));
        return differences;
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Setting<?> setting : FROM_THE_NEXT_ATTEMPT) {
            if (values.containsKey(setting.name()) || unset.contains(setting.name())) {
                warnings.add(setting.name() + " counts from the ApplicationMaster's next attempt on");
            }
        }
        return warnings;
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        return awaitedRevision == 0
                ? new Outcome.Done("set")
                : RolloutOutcome.of(SpecPlan.POOL, awaitedRevision, status);
    }
}
