/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import io.sparkconnect.registry.ScalingStatus.Limit;

/**
 * How many servers a pool shall have now, and why.
 *
 * @param target servers that it shall have
 * @param needed servers that its load needs now, minimum and maximum left aside
 * @param limit what keeps the target from what is needed; {@link Limit#NONE} when nothing does
 * @param reason the same in words; empty when nothing does
 * @param grounds what the target was changed for; empty when it was not changed
 */
public record ScalingDecision(int target, int needed, Limit limit, String reason, String grounds) {}
