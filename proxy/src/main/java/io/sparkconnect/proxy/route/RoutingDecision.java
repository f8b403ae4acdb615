/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import org.jspecify.annotations.Nullable;

/** Where a stream goes. */
public sealed interface RoutingDecision {
    /** Relay to this server; {@code session} is null for a call of another service, which has none. */
    record Forward(Backend backend, @Nullable SessionKey session) implements RoutingDecision {}

    /** Answer here; nothing reaches a server. {@code reason} is a short word for metrics and the access log. */
    record Answer(StatusAnswer answer, String reason) implements RoutingDecision {}
}
