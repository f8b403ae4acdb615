/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The sessions whose server is being found out, at most one resolution each. Confined to the core thread. */
final class Resolutions {
    private final RouterState state;
    private final Map<SessionKey, Resolution> underWay = new HashMap<>();
    private long arrivals;

    Resolutions(RouterState state) {
        this.state = state;
    }

    @Nullable
    Resolution get(SessionKey key) {
        return underWay.get(key);
    }

    boolean has(SessionKey key) {
        return underWay.containsKey(key);
    }

    /** The caller has asked {@link #has}. */
    Resolution begin(SessionKey key) {
        Resolution resolution = new Resolution(key, arrivals++, state.now());
        underWay.put(key, resolution);
        return resolution;
    }

    void end(Resolution resolution) {
        underWay.remove(resolution.key, resolution);
    }

    List<Resolution> all(Predicate<Resolution> which) {
        return underWay.values().stream().filter(which).toList();
    }
}
