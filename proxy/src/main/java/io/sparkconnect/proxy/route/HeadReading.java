/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

/** What the first bytes of a request say. */
public sealed interface HeadReading {
    /** Offer again with more. */
    record NeedMore() implements HeadReading {}

    /** Enough to route. */
    record Complete(RequestHead head) implements HeadReading {}

    /** Cannot be routed; {@code reason} is a short word for metrics and the access log. */
    record Refused(StatusAnswer answer, String reason) implements HeadReading {}
}
