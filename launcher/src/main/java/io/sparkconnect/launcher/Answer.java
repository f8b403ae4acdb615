/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.List;

/** What a command found out, in each form that it may be asked for. */
interface Answer {
    /** For people to read. */
    String text(boolean wide, boolean headers);

    /** What other commands take, one a line. */
    List<String> names();

    /** Records, maps and lists of them, as they are in the registry where they come from there. */
    Object records();
}
