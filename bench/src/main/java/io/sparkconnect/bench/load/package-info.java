/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The load generator: HTTP/2 clients that check every answer. A connection, its calls and whatever repeats them belong to
 * one event loop; {@link io.sparkconnect.bench.load.Ledger} is where the loops and the measuring thread meet.
 */
package io.sparkconnect.bench.load;
