/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides when and how the process ends. A Spark Connect server whose SparkContext is gone keeps its port and accepts
 * connections, each of which fails: such a process must end, after a grace in which the ApplicationMaster can hear why
 * and Spark can close its event log. Any thread may tell; decisions are taken under this object's lock.
 */
final class Departure {
    /** Longer than the AM's usual pause between two polls. */
    static final Duration LAST_WORDS = Duration.ofSeconds(3);

    /** How long an end that is under way may take in all before it is cut short. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
    private static final Logger LOG = LoggerFactory.getLogger(Departure.class);

    private final SparkDriver spark;
    private final Life life;
    private final ProcessEnd process;
    private final Delays delays;

    private boolean stopRequested;
    private boolean contextLost;
    private boolean contextGone;

    Departure(SparkDriver spark, Life life, ProcessEnd process, Delays delays) {
        this.spark = spark;
        this.life = life;
        this.process = process;
        this.delays = delays;
    }

    /** The SparkContext is being stopped, by whomever. */
    synchronized void contextStopped(String cause) {
        if (contextGone) {
            return;
        }
        contextGone = true;
        if (stopRequested) {
            return;
        }
        if (process.isEnding()) {
            life.ended("the process was told to end (SIGTERM or exit)");
            delays.after(PATIENCE, () -> halt(ExitStatus.TERMINATED, "the end of the process hangs"));
            return;
        }
        contextLost = true;
        life.ended(cause);
        LOG.error("The SparkContext is gone: {}. Without it this server can serve nobody; ending the process.", cause);
        delays.after(LAST_WORDS, () -> haltOnceStopped(PATIENCE.minus(LAST_WORDS)));
    }

    private void haltOnceStopped(Duration patience) {
        if (spark.hasFinishedStopping() && !process.isEnding()) {
            halt(ExitStatus.CONTEXT_STOPPED, "the SparkContext is gone");
        } else if (patience.isNegative()) {
            halt(ExitStatus.CONTEXT_STOPPED, "the SparkContext is gone and its stop hangs");
        } else {
            delays.after(LOOK_AGAIN, () -> haltOnceStopped(patience.minus(LOOK_AGAIN)));
        }
    }

    /**
     * The last of the shutdown hooks. When the process ends because the SparkContext was lost (Spark itself exits with 1
     * when its YARN application was killed), its exit status shall say so.
     */
    synchronized void lastHook() {
        if (contextLost) {
            halt(ExitStatus.CONTEXT_STOPPED, "the SparkContext is gone");
        }
    }

    /** The ApplicationMaster does not want this container. */
    void disowned() {
        life.ended("the ApplicationMaster disowned this container");
        halt(ExitStatus.DISOWNED, "the ApplicationMaster does not want this container (any more)");
    }

    /** No Spark Connect server came up. */
    void neverStarted(Duration waited) {
        life.ended("no Spark Connect server came up within " + waited.toSeconds() + " s");
        halt(
                ExitStatus.NEVER_STARTED,
                "no Spark Connect server bound a port within " + waited.toSeconds() + " s of the SparkContext's start");
    }

    /**
     * The ApplicationMaster asked for an end. The first call returns true: its caller carries the stop out and ends with
     * {@link #exitOnceStopped}. Whatever hangs on that way is cut short.
     */
    synchronized boolean stopRequested(Duration grace) {
        if (stopRequested) {
            return false;
        }
        stopRequested = true;
        delays.after(
                grace.plus(PATIENCE), () -> halt(ExitStatus.STOPPED_ON_REQUEST, "the stop hangs and is cut short"));
        return true;
    }

    /** The requested stop has reached the SparkContext: ends the process once that is really over. */
    void exitOnceStopped() throws InterruptedException {
        life.ended("it was stopped on request");
        while (!spark.hasFinishedStopping()) {
            delays.pause(LOOK_AGAIN);
        }
        process.exit(ExitStatus.STOPPED_ON_REQUEST);
    }

    private void halt(int status, String why) {
        LOG.error("Ending the process with exit status {}: {}.", status, why);
        process.halt(status);
    }
}
