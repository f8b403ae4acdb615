/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

/** Exit codes of every command; scripts rely on them. */
final class ExitCode {
    static final int OK = 0;
    /** The cluster, the registry or the service failed. */
    static final int FAILED = 1;
    /** The command, a setting or what a setting names is wrong: nothing was changed. */
    static final int BAD_INPUT = 2;
    /** There is no such service, server, node, pool or session. */
    static final int NOT_FOUND = 3;
    /** What the command waits for did not happen in time. */
    static final int TIMED_OUT = 4;
    /** YARN or ZooKeeper does not let this user do it. */
    static final int DENIED = 5;
    /** What was asked for is done, or was looked at, and some pool has fewer servers than it should. */
    static final int DEGRADED = 6;

    private ExitCode() {}
}
