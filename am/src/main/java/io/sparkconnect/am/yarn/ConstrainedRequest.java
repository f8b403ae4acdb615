/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static java.util.Objects.requireNonNull;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Spread;
import java.util.HashSet;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ExecutionType;
import org.apache.hadoop.yarn.api.records.ExecutionTypeRequest;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceSizing;
import org.apache.hadoop.yarn.api.records.SchedulingRequest;
import org.apache.hadoop.yarn.api.resource.PlacementConstraint.SingleConstraint;
import org.apache.hadoop.yarn.api.resource.PlacementConstraint.TargetExpression;
import org.apache.hadoop.yarn.api.resource.PlacementConstraints;
import org.apache.hadoop.yarn.api.resource.PlacementConstraints.PlacementTargets;

/** An ask in the scheduler's language of constraints. */
final class ConstrainedRequest {
    private ConstrainedRequest() {}

    /**
     * A request with the ask's tag, and one constraint: the scheduler reads the node label only out of a {@link
     * SingleConstraint}, so an ask that any node will do for has one that every number of others satisfies.
     */
    static SchedulingRequest of(Action.AskContainer ask, Priority priority) {
        Spread spread = requireNonNull(ask.spread(), "an ask without a tag, in an attempt that spreads by constraints");
        Set<TargetExpression> targets = new HashSet<>();
        targets.add(PlacementTargets.allocationTag(spread.tag()));
        if (ask.nodeLabel() != null) {
            targets.add(PlacementTargets.nodePartition(ask.nodeLabel()));
        }
        return SchedulingRequest.newInstance(
                ask.allocationRequestId(),
                priority,
                ExecutionTypeRequest.newInstance(ExecutionType.GUARANTEED),
                Set.of(spread.tag()),
                ResourceSizing.newInstance(1, Resource.newInstance(ask.memoryMiB(), ask.vcores())),
                PlacementConstraints.build(
                        new SingleConstraint(PlacementConstraints.NODE, 0, spread.othersAtMost(), targets)));
    }
}
