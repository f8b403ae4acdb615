/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The bench: what a proxy in front of Spark Connect servers costs, ours beside its peers and beside none, interleaved in
 * one run. The main thread plans, starts and stops processes and takes the snapshots; all traffic runs on event loops.
 */
package io.sparkconnect.bench;
