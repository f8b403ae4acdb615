/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

/** What the agent asks of the SparkContext. Any thread may ask. */
interface SparkDriver {
    String version();

    /** URL of the driver's web page, or empty. */
    String uiUrl();

    /** Whether a stop has begun or is over. */
    boolean isStopped();

    /** Whether a stop is over: event log closed, YARN told. */
    boolean hasFinishedStopping();

    /** Returns when the context is stopped, or at once when somebody else is stopping it. */
    void stop();
}
