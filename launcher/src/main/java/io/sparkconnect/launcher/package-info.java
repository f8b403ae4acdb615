/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The command line: one class per command. It changes the spec in ZooKeeper and reads the rest; it never talks to the
 * ApplicationMaster, so that every command works while that one restarts. Everything runs on the main thread; only the
 * hook that answers Ctrl-C runs beside it.
 */
@NullMarked
package io.sparkconnect.launcher;

import org.jspecify.annotations.NullMarked;
