/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that {@code status} knows about a service.
 *
 * @param spec null when the application lives but its spec is gone
 * @param status null when the ApplicationMaster has not said anything yet
 * @param application YARN's view; null when YARN knows none, or did not answer
 * @param yarnNote why there is no YARN view, or empty
 */
record ServiceView(
        String service,
        @Nullable ServiceSpec spec,
        @Nullable ServiceStatus status,
        List<DeathCertificate> deaths,
        List<ProxyRecord> proxies,
        @Nullable Application application,
        String yarnNote) {
    /** Without what concerns other pools. */
    ServiceView of(PoolFilter pool) {
        if (pool.name() == null) {
            return this;
        }
        return new ServiceView(
                service,
                spec == null ? null : spec.withPools(only(spec.pools(), pool)),
                status == null ? null : of(status, pool),
                deaths.stream().filter(death -> pool.shows(death.pool())).toList(),
                proxies,
                application,
                yarnNote);
    }

    private static ServiceStatus of(ServiceStatus status, PoolFilter pool) {
        return new ServiceStatus(
                status.applicationId(),
                status.attempt(),
                status.webUrl(),
                status.generation(),
                status.state(),
                status.message(),
                status.launchedAtMs(),
                status.updatedAtMs(),
                only(status.pools(), pool),
                status.slots().stream().filter(slot -> pool.shows(slot.pool())).toList(),
                status.decisions().stream()
                        .filter(decision -> pool.showsText(decision.text()))
                        .toList(),
                status.spreading());
    }

    private static <T> Map<String, T> only(Map<String, T> byPool, PoolFilter pool) {
        Map<String, T> left = new LinkedHashMap<>(byPool);
        left.keySet().removeIf(name -> !pool.shows(name));
        return left;
    }

    /** The records as they are in the registry. */
    Map<String, Object> records() {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("service", service);
        answer.put("spec", spec);
        answer.put("status", status);
        answer.put("deaths", deaths);
        answer.put("proxies", proxies);
        answer.put("application", application);
        if (!yarnNote.isEmpty()) {
            answer.put("yarnNote", yarnNote);
        }
        return answer;
    }
}
