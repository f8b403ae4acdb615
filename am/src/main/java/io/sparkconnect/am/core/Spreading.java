/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

/**
 * How YARN is told where servers should go, for the whole life of an attempt.
 *
 * @param byConstraints whether asks carry placement constraints; else only the application's blacklist spreads them
 * @param isNews whether it is among the decisions of each attempt; nearly everywhere it is not
 * @param why in words, for the operator
 */
public record Spreading(boolean byConstraints, boolean isNews, String why) {
    public static Spreading byConstraints(String why) {
        return new Spreading(true, true, why);
    }

    /** Where nothing else was wished or offered. */
    public static Spreading byBlacklist(String why) {
        return new Spreading(false, false, why);
    }

    /** Where constraints were wished, or YARN has them on, and they cannot be used. */
    public static Spreading byBlacklistInstead(String why) {
        return new Spreading(false, true, why);
    }

    /** A sentence without its subject and its full stop. */
    public String inWords() {
        return "spread over nodes by " + (byConstraints ? "placement constraints" : "blacklist") + ": " + why;
    }
}
