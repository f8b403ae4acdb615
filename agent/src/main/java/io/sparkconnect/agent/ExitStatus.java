/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

/** Exit statuses by which the ApplicationMaster tells why a server's process ended. */
final class ExitStatus {
    static final int STOPPED_ON_REQUEST = 0;

    /** The SparkContext stopped: without an end of the process a zombie would keep the port and accept connections. */
    static final int CONTEXT_STOPPED = 50;

    /** The AM does not want this container (any more). */
    static final int DISOWNED = 51;

    /** The SparkContext came up, but no Spark Connect server bound a port. */
    static final int NEVER_STARTED = 52;

    /** What a shell reports for SIGTERM, used when a wanted end hangs. */
    static final int TERMINATED = 143;

    private ExitStatus() {}
}
