/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Times as the page shows them. */
final class PageTime {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private PageTime() {}

    /** @param atMs milliseconds since the epoch */
    static String at(long atMs) {
        return TIME.format(Instant.ofEpochMilli(atMs));
    }

    static String age(long ms) {
        long seconds = Math.max(0, ms / 1000);
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }
}
