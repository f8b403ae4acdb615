/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.util.Collection;
import java.util.Optional;

/** Which known name a mistyped one was probably meant to be. */
public final class NearestName {
    private NearestName() {}

    /** The candidate with the fewest single-character edits; the first of equals. */
    public static String to(String mistyped, Collection<String> candidates) {
        String nearest = "";
        int fewest = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            int edits = edits(mistyped, candidate);
            if (edits < fewest) {
                fewest = edits;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /**
     * The candidate that may really have been meant: at most a third of the characters of the mistyped name have to be edited.
     * For names that users choose or machines make, of which the nearest may be nowhere near.
     */
    public static Optional<String> near(String mistyped, Collection<String> candidates) {
        String nearest = to(mistyped, candidates);
        boolean near = !candidates.isEmpty() && edits(mistyped, nearest) <= Math.max(1, mistyped.length() / 3);
        return near ? Optional.of(nearest) : Optional.empty();
    }

    /** How many characters must be put in, taken out or replaced to make the one into the other. */
    public static int edits(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] current = new int[to.length() + 1];
            current[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int substitution = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(substitution, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
