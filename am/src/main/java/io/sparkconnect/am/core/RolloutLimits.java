/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.time.Duration;

/**
 * How much trouble new servers may make.
 *
 * @param failures new servers that may fail before one is ready until a rollout is given up
 * @param progressTimeout how long a rollout waits for its next server
 * @param crashLaunchesPerMinute most servers of a pool that are started per minute in place of failed ones
 */
public record RolloutLimits(int failures, Duration progressTimeout, int crashLaunchesPerMinute) {}
