/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.am.core.Spreading;
import java.util.function.Supplier;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/** Which way servers are spread over nodes, by what is wished and what YARN can do. Pure; why is in decision 0010. */
public final class SpreadChoice {
    private static final String SETTING = "sparkconnect.placement.spread";
    private static final String HANDLER = YarnConfiguration.RM_PLACEMENT_CONSTRAINTS_HANDLER;

    private SpreadChoice() {}

    /**
     * @param wish value of {@code sparkconnect.placement.spread}
     * @param yarn asked only when that matters
     */
    public static Spreading of(String wish, Supplier<ConstraintSupport> yarn) {
        return switch (wish) {
            case "auto" -> automatic(yarn.get());
            case "constraints" -> wished(yarn.get());
            default -> Spreading.byBlacklist(SETTING + " is " + wish);
        };
    }

    private static Spreading automatic(ConstraintSupport yarn) {
        if (!yarn.isByScheduler()) {
            return !yarn.isKnown() || yarn.handler().equals(YarnConfiguration.DISABLED_RM_PLACEMENT_CONSTRAINTS_HANDLER)
                    ? Spreading.byBlacklist(whyNotWith(yarn))
                    : Spreading.byBlacklistInstead(whyNotWith(yarn));
        }
        if (yarn.preempts() && !forgetsAnsweredAsks(yarn.hadoopVersion())) {
            return Spreading.byBlacklistInstead("YARN " + yarn.hadoopVersion()
                    + " takes an ask with a constraint for unanswered even when it was answered (YARN-11660, mended in 3.5.0),"
                    + " and its preemption would take containers of others for nobody");
        }
        return Spreading.byConstraints(HANDLER + " is scheduler");
    }

    private static Spreading wished(ConstraintSupport yarn) {
        return yarn.isByScheduler()
                ? Spreading.byConstraints(SETTING + " is constraints")
                : Spreading.byBlacklistInstead(SETTING + " is constraints and cannot be followed: " + whyNotWith(yarn));
    }

    private static String whyNotWith(ConstraintSupport yarn) {
        if (!yarn.isKnown()) {
            return "no ResourceManager's page tells " + HANDLER;
        }
        String says = HANDLER + " is " + yarn.handler();
        return yarn.handler().equals(YarnConfiguration.PROCESSOR_RM_PLACEMENT_CONSTRAINTS_HANDLER)
                ? says + ", which rejects what has to wait for room and spoils the queue's figures"
                : says;
    }

    private static boolean forgetsAnsweredAsks(String version) {
        String[] parts = version.split("[.-]", 3);
        try {
            int major = Integer.parseInt(parts[0]);
            return major > 3 || (major == 3 && parts.length > 1 && Integer.parseInt(parts[1]) >= 5);
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
