/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * Something the ApplicationMaster did or decided not to do, with its reason in plain words.
 *
 * @param atMs when
 * @param text one sentence for an operator
 */
public record Decision(long atMs, String text) {}
