/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What runs in a server's container: environment, script, Spark's arguments, files and credentials. Nothing here talks to
 * YARN; everything is immutable and may be used on any thread.
 */
@NullMarked
package io.sparkconnect.am.launch;

import org.jspecify.annotations.NullMarked;
