/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A cluster on one machine: mini YARN, ZooKeeper and the proxy, with the service launched into it by the real command
 * line. For the first try ({@code scripts/sandbox.sh}) and for the system tests. It runs the other parts' jars as an
 * operator would and imports nothing of them.
 */
@NullMarked
package io.sparkconnect.sandbox;

import org.jspecify.annotations.NullMarked;
