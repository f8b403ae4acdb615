/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.PoolSettings;
import io.sparkconnect.registry.settings.Pools;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingChanges;
import io.sparkconnect.registry.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;

/** Other settings of a running service, and with them other pools. */
final class SetChange implements Change {
    private final Map<String, String> values;
    private final List<String> unset;
    private final int maxSurge;
    private final Map<String, String> environment;
    private final Configuration hadoop;
    /** By pool; what is started anew. */
    private final Map<String, Long> awaitedRevisions = new TreeMap<>();

    private final Set<String> added = new TreeSet<>();
    private final Set<String> removed = new TreeSet<>();

    /** @param hadoop to look at a new pool's archive with */
    SetChange(
            Map<String, String> values,
            List<String> unset,
            int maxSurge,
            Map<String, String> environment,
            Configuration hadoop) {
        this.values = new TreeMap<>(values);
        this.unset = List.copyOf(unset);
        this.maxSurge = maxSurge;
        this.environment = environment;
        this.hadoop = hadoop;
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        awaitedRevisions.clear();
        added.clear();
        removed.clear();
        Map<String, String> settings = new TreeMap<>(spec.settings());
        settings.putAll(values);
        unset.forEach(settings::remove);
        forgetRemovedPools(spec, settings);
        Pools pools = new SetCheck(values, unset).check(spec, settings);
        List<String> what = SettingDifferences.between(spec.settings(), settings);
        if (what.isEmpty()) {
            return Proposal.nothing(spec);
        }
        String text = String.join(", ", what);
        List<String> steps = new ArrayList<>(List.of("set " + text));
        Map<String, PoolSpec> after = new TreeMap<>(spec.pools());
        for (String name : pools.names()) {
            PoolSpec before = spec.pools().get(name);
            after.put(
                    name,
                    before == null
                            ? added(name, pools.of(name), pools, spec, steps)
                            : changed(before, pools.of(name), spec, text, status, steps));
        }
        for (String name : removed) {
            after.remove(name);
            steps.add("remove pool " + name + ": its servers take no new sessions, and end with those that they have or"
                    + " after sparkconnect.drain.timeout");
        }
        return new Proposal(
                spec.withSettings(settings).withPools(after).withRouting(pools.routing()), steps, warnings(pools));
    }

    /** What was set of a pool that is no longer listed goes with it; what this command says of it is a mistake. */
    private void forgetRemovedPools(ServiceSpec spec, Map<String, String> settings) {
        removed.addAll(PoolSettings.listed(spec.settings()));
        PoolSettings.listed(settings).forEach(removed::remove);
        removed.remove(SpecPlan.POOL);
        removed.retainAll(spec.pools().keySet());
        settings.keySet()
                .removeIf(key -> !values.containsKey(key)
                        && PoolSettings.poolOf(key).filter(removed::contains).isPresent());
    }

    private PoolSpec added(String name, Settings settings, Pools pools, ServiceSpec spec, List<String> steps)
            throws CommandException {
        added.add(name);
        PoolSpec pool = SpecPlan.pool(name, settings, sparkOfNew(name, settings, pools, spec));
        steps.add("add pool " + name + ": " + pool.minServers() + " to "
                + InWords.count(pool.maxServers(), "server") + " of " + pool.containerMiB() + " MiB, Spark at "
                + (pool.sparkHome() == null ? pool.sparkArchive() : pool.sparkHome()));
        return pool;
    }

    /** Looked at when somebody names it; else the default pool's is known to work. */
    private SparkDistribution sparkOfNew(String name, Settings settings, Pools pools, ServiceSpec spec)
            throws CommandException {
        PoolSpec standard = spec.pools().get(SpecPlan.POOL);
        boolean named = settings.get(ServiceSettings.SPARK_HOME).isPresent()
                || settings.get(ServiceSettings.SPARK_ARCHIVE).isPresent();
        if (!named && standard != null) {
            return new SparkDistribution(standard.sparkHome(), standard.sparkArchive(), null);
        }
        Findings findings = new Findings();
        Optional<SparkDistribution> found =
                SparkDistribution.find(settings, setting -> pools.keyOf(name, setting), environment, hadoop, findings);
        findings.orElseThrow();
        return found.orElseThrow();
    }

    private PoolSpec changed(
            PoolSpec before,
            Settings settings,
            ServiceSpec spec,
            String text,
            @Nullable ServiceStatus status,
            List<String> steps) {
        PoolSpec after = SpecPlan.pool(
                        before.name(), settings, new SparkDistribution(before.sparkHome(), before.sparkArchive(), null))
                .withRollout(before.rollout());
        if (after.startsLike(before)) {
            return after;
        }
        steps.add("bring that to the servers of pool " + before.name() + RestartChange.rolling(maxSurge));
        PoolSpec rolledOut = PoolChanges.rolledOut(after, before, spec.generation() + 1, text, maxSurge, status);
        awaitedRevisions.put(before.name(), rolledOut.revision());
        return rolledOut;
    }

    private List<String> warnings(Pools pools) {
        List<String> warnings = new ArrayList<>();
        for (Setting<?> setting : SettingChanges.FROM_THE_NEXT_ATTEMPT) {
            if (values.containsKey(setting.name()) || unset.contains(setting.name())) {
                warnings.add(setting.name() + " counts from the ApplicationMaster's next attempt on");
            }
        }
        for (Setting<?> setting : ServiceSettings.SCHEMA.all()) {
            if (values.containsKey(setting.name())) {
                pools.names().stream()
                        .map(pool -> pools.keyOf(pool, setting))
                        .filter(key -> !key.equals(setting.name()))
                        .forEach(key -> warnings.add(setting.name() + " does not hold where " + key + " is set"));
            }
        }
        return warnings;
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        List<String> done = new ArrayList<>();
        for (Map.Entry<String, Long> awaited : awaitedRevisions.entrySet()) {
            Outcome outcome = RolloutOutcome.of(awaited.getKey(), awaited.getValue(), status);
            if (!(outcome instanceof Outcome.Done rolledOut)) {
                return outcome;
            }
            done.add(rolledOut.how());
        }
        for (String pool : added) {
            PoolStatus now = status.pools().get(pool);
            if (now == null || now.ready() < now.desired()) {
                return new Outcome.Waiting("pool " + pool + ": " + (now == null ? 0 : now.ready()) + " ready servers");
            }
            done.add("pool " + pool + " has " + InWords.count(now.ready(), "ready server"));
        }
        for (String pool : removed) {
            if (status.pools().containsKey(pool)) {
                return new Outcome.Waiting("the servers of pool " + pool + " to end");
            }
            done.add("pool " + pool + " is gone");
        }
        return new Outcome.Done(done.isEmpty() ? "set" : String.join("; ", done));
    }

    @Override
    public boolean isStillWished(ServiceSpec written, ServiceSpec now) {
        return awaitedRevisions.keySet().stream().allMatch(pool -> RolloutOutcome.isStillWished(pool, written, now))
                && now.pools().keySet().containsAll(added)
                && removed.stream().noneMatch(now.pools()::containsKey);
    }
}
