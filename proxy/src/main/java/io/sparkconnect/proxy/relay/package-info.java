/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The first engine: Netty's HTTP/2 connection handler with a frame listener on both sides, streams coupled one to one.
 *
 * <p>A front connection, the back connections it uses and every stream between them live on one event loop and are touched
 * by no other thread. A sender gets credit for bytes only when they have left towards the other side, so that a reader who
 * stops reading stops its own stream at its sender and nothing else.
 */
package io.sparkconnect.proxy.relay;
