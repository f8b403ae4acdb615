/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.UncountedSessions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A change that is refused where the cluster cannot hold servers of the kind that it asks for, and comes with the same
 * warnings as a launch. What a change leaves as it is is not judged: it runs already.
 */
final class CapacityCheckedChange implements Change {
    private final Change change;
    private final ClusterView.@Nullable Capacity capacity;
    private final List<ClusterView.Queue> queues;

    private CapacityCheckedChange(
            Change change, ClusterView.@Nullable Capacity capacity, List<ClusterView.Queue> queues) {
        this.change = change;
        this.capacity = capacity;
        this.queues = queues;
    }

    /** Looks at the cluster now; where YARN does not answer, the user is warned and nothing is checked. */
    static Change of(Change change, Surroundings surroundings, OpenService service) {
        try (ClusterView yarn =
                surroundings.yarn().connect(service.configuration().hadoop())) {
            return new CapacityCheckedChange(change, yarn.capacity(), yarn.queues());
        } catch (IOException e) {
            surroundings
                    .terminal()
                    .warn("whether the cluster has room is not checked: " + InWords.oneLine(e.getMessage(), 200));
            return new CapacityCheckedChange(change, null, List.of());
        }
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        Proposal proposal = change.propose(spec, status);
        Map<String, PoolSpec> before = spec.pools();
        Map<String, PoolSpec> after = proposal.spec().pools();
        List<String> warnings = new ArrayList<>(proposal.warnings());
        after.values().stream()
                .filter(pool -> !pool.equals(before.get(pool.name())))
                .flatMap(
                        pool -> UncountedSessions.warning(pool, SparkDistribution.versionAt(pool.sparkHome())).stream())
                .forEach(warnings::add);
        return checked(before, after, new Proposal(proposal.spec(), proposal.steps(), warnings));
    }

    private Proposal checked(Map<String, PoolSpec> before, Map<String, PoolSpec> after, Proposal proposal)
            throws CommandException {
        boolean otherServers = asksForOtherServers(before, after);
        if (capacity == null || !(otherServers || asksForAnotherNumber(before, after))) {
            return proposal;
        }
        Findings findings = new Findings();
        ServiceConfiguration changed =
                SpecSettings.configuration(proposal.spec().settings(), "the service's spec");
        CapacityCheck.check(changed.orElseThrow(), changed.pools(), capacity, queues, findings);
        List<String> warnings = new ArrayList<>(proposal.warnings());
        if (otherServers) {
            findings.orElseThrow();
        } else {
            // Servers of this kind run: another number of them is not refused for what was so before.
            warnings.addAll(findings.mistakes());
        }
        warnings.addAll(findings.warnings());
        return new Proposal(proposal.spec(), proposal.steps(), warnings);
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        return change.look(written, status);
    }

    @Override
    public boolean isStillWished(ServiceSpec written, ServiceSpec now) {
        return change.isStillWished(written, now);
    }

    private static boolean asksForAnotherNumber(Map<String, PoolSpec> before, Map<String, PoolSpec> after) {
        return after.values().stream().anyMatch(pool -> {
            PoolSpec old = before.get(pool.name());
            return old == null || pool.minServers() != old.minServers() || pool.maxServers() != old.maxServers();
        });
    }

    private static boolean asksForOtherServers(Map<String, PoolSpec> before, Map<String, PoolSpec> after) {
        return after.values().stream().anyMatch(pool -> {
            PoolSpec old = before.get(pool.name());
            return old == null
                    || pool.driverMemoryMiB() != old.driverMemoryMiB()
                    || pool.overheadMiB() != old.overheadMiB()
                    || pool.vcores() != old.vcores()
                    || !Objects.equals(pool.queue(), old.queue())
                    || !Objects.equals(pool.executorsQueue(), old.executorsQueue());
        });
    }
}
