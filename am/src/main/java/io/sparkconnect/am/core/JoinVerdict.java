/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

/** What a joining agent is told. */
public enum JoinVerdict {
    /** It will be polled. */
    WELCOME,
    /** Its container is not wanted (any more): it must end itself. */
    UNWANTED,
    /** This attempt has not yet recovered what it must know to tell: ask again. */
    NOT_YET
}
