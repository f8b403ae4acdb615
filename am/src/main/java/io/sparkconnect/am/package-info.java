/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The YARN ApplicationMaster: brings the servers that run to those that are wanted. {@code core} decides; the other
 * packages are its edges, whose threads only enqueue events; here they are put together.
 */
@NullMarked
package io.sparkconnect.am;

import org.jspecify.annotations.NullMarked;
