/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How many servers a pool shall have: pure decisions from load, room and time, explained in docs/scaling.md. Nothing here
 * knows slots, YARN or ZooKeeper, and nothing asks for time. A {@link io.sparkconnect.am.scale.PoolScaler} belongs to the
 * core thread; the rest is immutable.
 */
@NullMarked
package io.sparkconnect.am.scale;

import org.jspecify.annotations.NullMarked;
