/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

/**
 * What a command of the launcher answered.
 *
 * @param exitCode 0 ok, 1 failed, 2 bad input, 3 not found, 4 time-out
 * @param data standard output
 * @param talk standard error
 */
public record LauncherRun(int exitCode, String data, String talk) {}
