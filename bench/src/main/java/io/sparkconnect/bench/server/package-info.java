/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The light servers behind every peer: they speak Spark Connect's service on HTTP/2 and do nothing but answer. All state
 * of a connection lives on its event loop.
 */
package io.sparkconnect.bench.server;
