/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * An operator's wish that a server, or all servers of a node, take no new sessions and end.
 *
 * @param askedAtMs when it was wished
 * @param withinMs how long sessions may go on after the drain began, ms; 0 ends them at once
 * @param by who wished it
 */
public record DrainOrder(long askedAtMs, long withinMs, String by) {}
