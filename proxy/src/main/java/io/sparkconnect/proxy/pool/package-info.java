/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Connections to servers, kept per event loop, server and lane. Knows nothing of the engine behind a connection.
 * Everything in a pool is confined to its loop: no locks, no hand-over.
 */
package io.sparkconnect.proxy.pool;
