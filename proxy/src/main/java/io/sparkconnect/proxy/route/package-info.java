/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which server a stream goes to: the session key in the first bytes of a request, the routing rules, and the answers that
 * the proxy gives itself. Knows nothing of the engine that carries the frames, and nothing of HTTP/2.
 */
package io.sparkconnect.proxy.route;
