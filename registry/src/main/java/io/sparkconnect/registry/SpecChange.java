/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * Who changed the spec, and how.
 *
 * @param generation of the spec since then
 * @param atMs when, by the clock of the machine that the command ran on
 * @param by user who ran it
 * @param text one clause for an operator
 */
public record SpecChange(long generation, long atMs, String by, String text) {}
