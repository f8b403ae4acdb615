/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Messages and HTTP/2 that both ends of the bench share. Everything here belongs to the event loop of its connection,
 * except {@link io.sparkconnect.bench.wire.Pattern} and {@link io.sparkconnect.bench.wire.Transport}, which are immutable.
 */
package io.sparkconnect.bench.wire;
