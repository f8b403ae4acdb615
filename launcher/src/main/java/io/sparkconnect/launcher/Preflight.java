/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.UncountedSessions;
import io.sparkconnect.registry.settings.Pools;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;

/** Everything that can be known to be wrong before anything is uploaded or written. Reads only. */
final class Preflight {
    private final ServiceConfiguration service;
    private final Configuration conf;
    private final Map<String, String> environment;
    private final Findings findings = new Findings();

    Preflight(ServiceConfiguration service, Configuration conf, Map<String, String> environment) {
        this.service = service;
        this.conf = conf;
        this.environment = environment;
    }

    /**
     * @return what the launch needs and the checks have learned
     * @throws CommandException with every mistake at once
     */
    Cleared check(Surroundings.Registry registry, ClusterView yarn) throws CommandException, InterruptedException {
        service.mistakes().forEach(findings::mistake);
        Settings settings = service.settings();
        checkCounts(settings);
        checkAttempts(settings);
        checkJavaHomes(settings);
        checkLogin();
        Map<String, SparkDistribution> sparks = findSparks();
        warnOfUncountedSessions(sparks);
        checkCapacity(settings, yarn);
        checkNotRunning(settings, yarn);
        Optional<ServiceSpec> stale = checkRegistry(settings, registry);
        findings.orElseThrow();
        return new Cleared(sparks, stale.map(ServiceSpec::generation), findings.warnings());
    }

    private void checkCounts(Settings settings) {
        if (settings.get(ServiceSettings.BACKOFF_MAX).compareTo(settings.get(ServiceSettings.BACKOFF_INITIAL)) < 0) {
            findings.mistake(
                    "sparkconnect.server.backoff.max is below sparkconnect.server.backoff.initial (expected: at least as long)");
        }
        for (String tag : settings.get(ServiceSettings.YARN_TAGS)) {
            if (tag.length() > 100 || !tag.matches("\\p{ASCII}+")) {
                findings.mistake("sparkconnect.yarn.tags: " + tag + " (expected: at most 100 ASCII characters each)");
            }
        }
        if (settings.get(ServiceSettings.YARN_TAGS).size() > 9) {
            findings.mistake("sparkconnect.yarn.tags: "
                    + settings.get(ServiceSettings.YARN_TAGS).size()
                    + " tags (expected: at most 9, since YARN allows 10 and one is ours)");
        }
    }

    /** YARN silently lowers what it is asked for to its own limit. */
    private void checkAttempts(Settings settings) {
        int limit = conf.getInt(
                "yarn.resourcemanager.am.global.max-attempts", conf.getInt("yarn.resourcemanager.am.max-attempts", 2));
        int asked = settings.get(ServiceSettings.AM_MAX_ATTEMPTS);
        if (limit < asked) {
            findings.warning("yarn.resourcemanager.am.max-attempts is " + limit
                    + " here: when the ApplicationMaster fails " + limit + " times within "
                    + InWords.age(settings.get(ServiceSettings.AM_ATTEMPTS_VALIDITY))
                    + ", YARN ends the service, whatever sparkconnect.am.max.attempts (" + asked + ") says");
        }
    }

    /** The nodes may differ from this machine, so a missing one is no mistake. */
    private void checkJavaHomes(Settings settings) {
        checkJavaHome(ServiceSettings.AM_JAVA_HOME.name(), settings.get(ServiceSettings.AM_JAVA_HOME));
        Pools pools = service.pools();
        pools.names()
                .forEach(pool -> checkJavaHome(
                        pools.keyOf(pool, ServiceSettings.SERVER_JAVA_HOME),
                        pools.of(pool).get(ServiceSettings.SERVER_JAVA_HOME)));
    }

    private void checkJavaHome(String key, Optional<String> given) {
        given.ifPresent(home -> {
            if (!Files.isExecutable(Path.of(home, "bin", "java"))) {
                findings.warning(
                        key + ": " + home + " has no bin/java on this machine; every node must have one there");
            }
        });
    }

    /** Of each pool; not of one whose Spark is a mistake. */
    private Map<String, SparkDistribution> findSparks() {
        Pools pools = service.pools();
        Map<String, SparkDistribution> sparks = new HashMap<>();
        for (String pool : pools.names()) {
            SparkDistribution.find(pools.of(pool), setting -> pools.keyOf(pool, setting), environment, conf, findings)
                    .ifPresent(spark -> sparks.put(pool, spark));
        }
        return sparks;
    }

    private void warnOfUncountedSessions(Map<String, SparkDistribution> sparks) {
        sparks.forEach((pool, spark) -> UncountedSessions.warning(
                        SpecPlan.pool(pool, service.pools().of(pool), spark), spark.version())
                .ifPresent(findings::warning));
    }

    private void checkLogin() {
        try {
            boolean loggedIn = UserGroupInformation.getCurrentUser().hasKerberosCredentials();
            LoginCheck.check(UserGroupInformation.isSecurityEnabled(), loggedIn, findings);
        } catch (IOException e) {
            findings.failure("Hadoop does not tell who is logged in here: " + e.getMessage());
        }
    }

    private void checkCapacity(Settings settings, ClusterView yarn) {
        try {
            CapacityCheck.check(settings, service.pools(), yarn.capacity(), yarn.queues(), findings);
        } catch (IOException e) {
            findings.failure(String.valueOf(e.getMessage()));
        }
    }

    private void checkNotRunning(Settings settings, ClusterView yarn) {
        if (service.wrongKeys().contains(ServiceSettings.SERVICE_NAME.name())) {
            return;
        }
        String name = settings.get(ServiceSettings.SERVICE_NAME);
        try {
            for (Application application : yarn.applications(LaunchContract.serviceTag(name))) {
                if (!application.isOver()) {
                    findings.mistake("service " + name + " is there already: " + application.id() + " is "
                            + application.state() + " for user " + application.user()
                            + " (stop it first, or give another sparkconnect.service.name)");
                }
            }
        } catch (IOException e) {
            // The capacity check has said already that the ResourceManager does not answer.
            String message = String.valueOf(e.getMessage());
            if (!message.contains("cannot be reached")) {
                findings.failure(message);
            }
        }
    }

    private Optional<ServiceSpec> checkRegistry(Settings settings, Surroundings.Registry registry)
            throws InterruptedException {
        if (service.wrongKeys().stream().anyMatch(key -> key.startsWith("sparkconnect.zookeeper."))) {
            return Optional.empty();
        }
        try (OperatorRegistry open = registry.open(settings)) {
            return open.readSpec();
        } catch (CommandException e) {
            e.lines().forEach(findings::mistake);
        } catch (RegistryAwayException e) {
            findings.failure("ZooKeeper at " + settings.get(ServiceSettings.ZOOKEEPER_QUORUM)
                    + " (sparkconnect.zookeeper.quorum) does not answer: " + InWords.oneLine(e.getMessage(), 300));
        } catch (RegistryDataException e) {
            findings.mistake(e.getMessage() + " (the launch of a new service needs that node gone: `stop` removes it)");
        }
        return Optional.empty();
    }

    /**
     * @param sparks where the servers of each pool find Spark
     * @param staleGeneration generation of a spec that an application left behind which is no longer there
     * @param warnings for the user
     */
    record Cleared(Map<String, SparkDistribution> sparks, Optional<Long> staleGeneration, List<String> warnings) {}
}
