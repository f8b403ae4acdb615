/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.time.Duration;

/**
 * What an operator may set about routing.
 *
 * @param policy how a server is chosen for a new session
 * @param slowStart how long a fresh server's share of new sessions grows until it is a full one; zero for at once
 * @param spark3Sessions most sessions on a server of Spark 3.x, also where its record allows more
 * @param hold how long a new session's stream waits for a ready server
 * @param holdUploads the same for AddArtifacts and ArtifactStatus, which clients never repeat
 * @param holdWhenFull how long it waits when every server is full and none is starting
 * @param maxHeld most streams that are held at once because no server takes their session; releases and interrupts are held beyond
 * @param maxUndecided most streams at once whose server is not known yet, the held ones included: so many questions and their
 *     answers have room in memory, and all sessions of a large service that come at once after a failover have room in it
 * @param retryAfter what clients are told to wait before they try again
 * @param sessionsIdle a binding ends this long after the session's last RPC
 * @param touchEvery how often at most the last use of a binding is written down
 * @param maxCached about how many bindings are kept in memory
 * @param maxUnwritten most bindings and releases that wait for ZooKeeper to come back
 * @param registryPatience how long one question to ZooKeeper may take before it counts as away
 * @param settle how long a missing server may be late in the listing, or its death certificate, before it counts as gone
 * @param suspicion how long a server gets no new sessions after its connection failed; doubles with each failure
 * @param suspicionMax longest such pause
 * @param recall how long after the router's start a session without a binding may be one that the process before has placed in
 *     its own memory: the servers are asked before it gets a new one; zero where bindings outlive the process
 * @param locateTimeout how long the servers may take to say whether they hold a session, or that they live
 * @param maxHeadBytes how much of a request is read for its key; the relay's stream window must be larger
 * @param otherServices what becomes of calls that carry no session
 */
public record RouterSettings(
        Policy policy,
        Duration slowStart,
        int spark3Sessions,
        Duration hold,
        Duration holdUploads,
        Duration holdWhenFull,
        int maxHeld,
        int maxUndecided,
        Duration retryAfter,
        Duration sessionsIdle,
        Duration touchEvery,
        int maxCached,
        int maxUnwritten,
        Duration registryPatience,
        Duration settle,
        Duration suspicion,
        Duration suspicionMax,
        Duration recall,
        Duration locateTimeout,
        int maxHeadBytes,
        OtherServices otherServices) {

    /** How a server is chosen for a new session. */
    public enum Policy {
        /** The one with the fewest sessions for its weight. */
        LEAST_SESSIONS,
        /** Each in turn, as often as its weight says. */
        ROUND_ROBIN
    }

    /** What becomes of a call of another service than Spark Connect's. */
    public enum OtherServices {
        /** It is refused; the text says how to change that. */
        REFUSE,
        /** Any ready server gets it. */
        ANY
    }

    /** How long a stream of that method is kept waiting for a server. */
    Duration hold(ConnectMethod method) {
        return method.isNeverRetried() ? holdUploads : hold;
    }

    public static RouterSettings defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Settings under way, the defaults at first. Confined to its maker. */
    public static final class Builder {
        private static final Duration MOST_UNTIL_TOUCHED = Duration.ofMinutes(10);
        private static final int TOUCHES_UNTIL_IDLE = 6;

        private Policy policy = Policy.LEAST_SESSIONS;
        private Duration slowStart = Duration.ofSeconds(30);
        private int spark3Sessions = 60;
        private Duration hold = Duration.ofMinutes(2);
        private Duration holdUploads = Duration.ofMinutes(5);
        private Duration holdWhenFull = Duration.ofSeconds(5);
        private int maxHeld = 10_000;
        private int maxUndecided = 50_000;
        private Duration sessionsIdle = Duration.ofHours(2);
        private Duration recall = Duration.ZERO;
        private int maxCached = 200_000;
        private int maxUnwritten = 100_000;
        private OtherServices otherServices = OtherServices.REFUSE;

        private Builder() {}

        public Builder policy(Policy value) {
            policy = value;
            return this;
        }

        public Builder slowStart(Duration value) {
            slowStart = value;
            return this;
        }

        public Builder spark3Sessions(int value) {
            spark3Sessions = value;
            return this;
        }

        /** Streams of uploads wait at least as long. */
        public Builder hold(Duration value) {
            hold = value;
            return this;
        }

        public Builder holdWhenFull(Duration value) {
            holdWhenFull = value;
            return this;
        }

        public Builder maxHeld(int value) {
            maxHeld = value;
            return this;
        }

        public Builder maxUndecided(int value) {
            maxUndecided = value;
            return this;
        }

        /** The last use is written down several times in that time, so that the registry's word is not far behind. */
        public Builder sessionsIdle(Duration value) {
            sessionsIdle = value;
            return this;
        }

        public Builder recall(Duration value) {
            recall = value;
            return this;
        }

        public Builder maxCached(int value) {
            maxCached = value;
            return this;
        }

        public Builder maxUnwritten(int value) {
            maxUnwritten = value;
            return this;
        }

        public Builder otherServices(OtherServices value) {
            otherServices = value;
            return this;
        }

        public RouterSettings build() {
            return new RouterSettings(
                    policy,
                    slowStart,
                    spark3Sessions,
                    hold,
                    longer(hold, holdUploads),
                    holdWhenFull,
                    maxHeld,
                    maxUndecided,
                    Duration.ofSeconds(5),
                    sessionsIdle,
                    shorter(sessionsIdle.dividedBy(TOUCHES_UNTIL_IDLE), MOST_UNTIL_TOUCHED),
                    maxCached,
                    maxUnwritten,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(2),
                    Duration.ofMinutes(1),
                    recall,
                    Duration.ofSeconds(2),
                    SessionKeyReader.DEFAULT_MAX_HEAD_BYTES,
                    otherServices);
        }

        private static Duration longer(Duration one, Duration other) {
            return one.compareTo(other) > 0 ? one : other;
        }

        private static Duration shorter(Duration one, Duration other) {
            return one.compareTo(other) < 0 ? one : other;
        }
    }
}
