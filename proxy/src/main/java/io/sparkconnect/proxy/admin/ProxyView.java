/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.admin;

import java.util.List;

/** What the operator's port shows. Thread-safe; every method returns at once. */
public interface ProxyView {
    /** Why no traffic should be sent here, in words; empty when it should. */
    String notReadyBecause();

    /** What an operator must mend although traffic can go on, in words; empty when nothing is wrong. */
    String alarm();

    /** Servers as records that become JSON. */
    List<?> servers();

    /** Pools as records that become JSON. */
    List<?> pools();

    /** At most that many sessions, as records that become JSON. */
    List<?> sessions(int most);

    /** All figures in Prometheus' text format. */
    String metrics();
}
