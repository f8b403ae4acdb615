/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;

/** Where a stream goes. */
public sealed interface RoutingDecision {
    /** Relay to this server. */
    record Forward(Backend backend, SessionKey session) implements RoutingDecision {}

    /** Answer here; nothing reaches a server. {@code reason} is a short word for metrics and the access log. */
    record Answer(StatusAnswer answer, String reason) implements RoutingDecision {}
}
