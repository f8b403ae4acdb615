/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;

/** Another Spark, or another Spark configuration, for the servers of a pool. */
final class UpgradeChange implements Change {
    private final PoolChoice choice;
    private final To to;
    private final int maxSurge;
    private final Map<String, String> environment;
    private final Configuration hadoop;
    private String pool = "";

    /** @param hadoop to look at an archive with */
    UpgradeChange(PoolChoice choice, To to, int maxSurge, Map<String, String> environment, Configuration hadoop) {
        this.choice = choice;
        this.to = to;
        this.maxSurge = maxSurge;
        this.environment = environment;
        this.hadoop = hadoop;
    }

    /**
     * What to go to.
     *
     * @param sparkHome null keeps what there is, and so does {@code sparkArchive}; at most one of them
     * @param conf keys to set
     * @param removedConf keys to take out
     */
    record To(
            @Nullable String sparkHome,
            @Nullable String sparkArchive,
            Map<String, String> conf,
            List<String> removedConf) {}

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        PoolSpec before = choice.of(spec);
        pool = before.name();
        Map<String, String> conf = conf(before);
        SparkDistribution spark = spark(before, conf);
        List<String> what = new ArrayList<>();
        if (!Objects.equals(spark.home(), before.sparkHome())
                || !Objects.equals(spark.archive(), before.sparkArchive())) {
            what.add("Spark " + (spark.version() == null ? "" : spark.version() + " ") + "at "
                    + (spark.home() == null ? spark.archive() : spark.home()));
        }
        conf.forEach((key, value) -> {
            if (!value.equals(before.sparkConf().get(key))) {
                what.add(key + "=" + value);
            }
        });
        before.sparkConf().keySet().stream()
                .filter(key -> !conf.containsKey(key))
                .sorted()
                .forEach(key -> what.add("without " + key));
        boolean failed = RolloutOutcome.failure(pool, before.revision(), status) != null;
        if (what.isEmpty() && !failed) {
            return Proposal.nothing(spec);
        }
        String text =
                what.isEmpty() && before.rollout() != null ? before.rollout().what() : String.join(", ", what);
        PoolSpec after = PoolChanges.rolledOut(
                PoolChanges.withSpark(before, spark, conf), before, spec.generation() + 1, text, maxSurge, status);
        return new Proposal(
                PoolChanges.put(spec, after),
                List.of("upgrade pool " + pool + " to " + text + RestartChange.rolling(maxSurge)
                        + (what.isEmpty() ? ", once more" : "")),
                List.of());
    }

    private Map<String, String> conf(PoolSpec before) throws CommandException {
        Map<String, String> conf = new TreeMap<>(before.sparkConf());
        List<String> unknown = new ArrayList<>();
        for (String key : to.removedConf()) {
            // A repeated command finds it gone: only a key that looks like another one is a mistake.
            if (conf.remove(key) == null && !key.startsWith("spark.")) {
                unknown.add("--remove-conf: the pool has no " + key
                        + (conf.isEmpty() ? "" : " (did you mean " + NearestName.to(key, conf.keySet()) + "?)"));
            }
        }
        for (String key : to.conf().keySet()) {
            if (!key.startsWith("spark.")) {
                unknown.add("--conf: " + key + " (expected: a key that begins with spark.)");
            }
        }
        if (!unknown.isEmpty()) {
            throw new CommandException(ExitCode.BAD_INPUT, unknown, null);
        }
        conf.putAll(to.conf());
        return conf;
    }

    private SparkDistribution spark(PoolSpec before, Map<String, String> conf) throws CommandException {
        if (to.sparkHome() == null && to.sparkArchive() == null) {
            return new SparkDistribution(before.sparkHome(), before.sparkArchive(), null);
        }
        Map<String, String> wished = new TreeMap<>();
        if (to.sparkHome() != null) {
            wished.put(ServiceSettings.SPARK_HOME.name(), to.sparkHome());
        }
        if (to.sparkArchive() != null) {
            wished.put(ServiceSettings.SPARK_ARCHIVE.name(), to.sparkArchive());
        }
        conf.forEach((key, value) -> wished.put("sparkconnect.server.conf." + key, value));
        Findings findings = new Findings();
        Optional<SparkDistribution> found = SparkDistribution.find(
                SpecSettings.read(wished, "the command line"), Setting::name, environment, hadoop, findings);
        findings.orElseThrow();
        return found.orElseThrow();
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        PoolSpec wished = written.pools().get(pool);
        return RolloutOutcome.of(pool, wished == null ? 0 : wished.revision(), status);
    }

    @Override
    public boolean isStillWished(ServiceSpec written, ServiceSpec now) {
        return RolloutOutcome.isStillWished(pool, written, now);
    }
}
