/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Sockets: what transport they use, who listens where, and what a new connection's first bytes say that it is. Hands HTTP/2
 * connections to an {@link io.sparkconnect.proxy.listen.Engine} and knows nothing of what happens inside them.
 */
package io.sparkconnect.proxy.listen;
