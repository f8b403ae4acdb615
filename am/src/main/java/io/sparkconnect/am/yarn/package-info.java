/* SPDX-License-Identifier: Apache-2.0 */
/**
 * YARN behind small classes: the ResourceManager's heartbeat, the NodeManagers, and what only a client may ask. Callbacks
 * of Hadoop's libraries only enqueue events here: an exception in one would end the callback thread while heartbeats go on,
 * and the ResourceManager would see a healthy AM that hears nothing.
 */
@NullMarked
package io.sparkconnect.am.yarn;

import org.jspecify.annotations.NullMarked;
