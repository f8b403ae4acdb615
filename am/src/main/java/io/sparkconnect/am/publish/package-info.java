/* SPDX-License-Identifier: Apache-2.0 */
/** Brings the registry to what the core wants it to hold. One thread, {@code am-registry}, makes all calls. */
@NullMarked
package io.sparkconnect.am.publish;

import org.jspecify.annotations.NullMarked;
