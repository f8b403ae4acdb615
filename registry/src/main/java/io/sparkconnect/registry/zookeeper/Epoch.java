/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whose turn it is to write, as the {@code epoch} node says it.
 *
 * @param applicationId YARN application
 * @param attempt its attempt
 */
record Epoch(String applicationId, int attempt) {
    private static final Pattern APPLICATION = Pattern.compile("application_(\\d{1,18})_(\\d{1,18})");

    /** Whether this one comes later: a later application, or a later attempt of the same. */
    boolean isAfter(Epoch other) {
        if (applicationId.equals(other.applicationId)) {
            return attempt > other.attempt;
        }
        Matcher mine = APPLICATION.matcher(applicationId);
        Matcher theirs = APPLICATION.matcher(other.applicationId);
        if (!mine.matches() || !theirs.matches()) {
            return applicationId.compareTo(other.applicationId) > 0;
        }
        int byClusterStart = Long.compare(Long.parseLong(mine.group(1)), Long.parseLong(theirs.group(1)));
        return byClusterStart != 0
                ? byClusterStart > 0
                : Long.parseLong(mine.group(2)) > Long.parseLong(theirs.group(2));
    }
}
