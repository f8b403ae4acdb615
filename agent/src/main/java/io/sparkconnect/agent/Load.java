/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

/** Live sessions and running operations; -1 where this Spark cannot tell. */
record Load(int sessions, int operations) {
    static final Load UNKNOWN = new Load(-1, -1);
}
