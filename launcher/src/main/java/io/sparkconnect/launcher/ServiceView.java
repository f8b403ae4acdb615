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
