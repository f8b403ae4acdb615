/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may set about routing.
 *
 * @param pool pool whose servers take new sessions; null for any
 * @param policy how a server is chosen for a new session
 * @param hold how long a new session's stream waits for a ready server
 * @param holdUploads the same for AddArtifacts and ArtifactStatus, which clients never repeat
 * @param holdWhenFull how long it waits when every server is full and none is starting
 * @param maxWaiting most streams that wait at once
 * @param retryAfter what clients are told to wait before they try again
 * @param sessionsIdle a binding ends this long after the session's last RPC
 * @param touchEvery how often at most the last use of a binding is written down
 * @param maxCached about how many bindings are kept in memory
 * @param maxUnwritten most bindings and releases that wait for ZooKeeper to come back
 * @param registryPatience how long one question to ZooKeeper may take before it counts as away
 * @param settle how long a missing server may be late in the listing, or its death certificate, before it counts as gone
 * @param suspicion how long a server gets no new sessions after its connection failed; doubles with each failure
 * @param suspicionMax longest such pause
 * @param locateTimeout how long the servers may take to say whether they hold a session
 * @param maxHeadBytes how much of a request is read for its key; the relay's stream window must be larger
 * @param otherServices what becomes of calls that carry no session
 */
public record RouterSettings(
        @Nullable String pool,
        Policy policy,
        Duration hold,
        Duration holdUploads,
        Duration holdWhenFull,
        int maxWaiting,
        Duration retryAfter,
        Duration sessionsIdle,
        Duration touchEvery,
        int maxCached,
        int maxUnwritten,
        Duration registryPatience,
        Duration settle,
        Duration suspicion,
        Duration suspicionMax,
        Duration locateTimeout,
        int maxHeadBytes,
        OtherServices otherServices) {

    /** How a server is chosen for a new session. */
    public enum Policy {
        /** The one with the fewest sessions; ties in turn. */
        LEAST_SESSIONS,
        /** Each in turn. */
        ROUND_ROBIN
    }

    /** What becomes of a call of another service than Spark Connect's. */
    public enum OtherServices {
        /** It is refused; the text says how to change that. */
        REFUSE,
        /** Any ready server gets it. */
        ANY
    }

    public static RouterSettings defaults() {
        return new RouterSettings(
                null,
                Policy.LEAST_SESSIONS,
                Duration.ofMinutes(2),
                Duration.ofMinutes(5),
                Duration.ofSeconds(5),
                10_000,
                Duration.ofSeconds(5),
                Duration.ofHours(2),
                Duration.ofMinutes(10),
                200_000,
                100_000,
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(2),
                Duration.ofMinutes(1),
                Duration.ofSeconds(2),
                SessionKeyReader.DEFAULT_MAX_HEAD_BYTES,
                OtherServices.REFUSE);
    }

    public RouterSettings withPolicy(Policy newPolicy) {
        return new RouterSettings(
                pool,
                newPolicy,
                hold,
                holdUploads,
                holdWhenFull,
                maxWaiting,
                retryAfter,
                sessionsIdle,
                touchEvery,
                maxCached,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    /** Sets the time that streams of new sessions wait for a server, uploads at least as long. */
    public RouterSettings withHold(Duration newHold) {
        Duration uploads = newHold.compareTo(holdUploads) > 0 ? newHold : holdUploads;
        return new RouterSettings(
                pool,
                policy,
                newHold,
                uploads,
                holdWhenFull,
                maxWaiting,
                retryAfter,
                sessionsIdle,
                touchEvery,
                maxCached,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    public RouterSettings withHoldWhenFull(Duration newHold) {
        return new RouterSettings(
                pool,
                policy,
                hold,
                holdUploads,
                newHold,
                maxWaiting,
                retryAfter,
                sessionsIdle,
                touchEvery,
                maxCached,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    public RouterSettings withMaxWaiting(int newMax) {
        return new RouterSettings(
                pool,
                policy,
                hold,
                holdUploads,
                holdWhenFull,
                newMax,
                retryAfter,
                sessionsIdle,
                touchEvery,
                maxCached,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    public RouterSettings withSessionsIdle(Duration newIdle) {
        return new RouterSettings(
                pool,
                policy,
                hold,
                holdUploads,
                holdWhenFull,
                maxWaiting,
                retryAfter,
                newIdle,
                touchEvery,
                maxCached,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    public RouterSettings withMaxCached(int newMax) {
        return new RouterSettings(
                pool,
                policy,
                hold,
                holdUploads,
                holdWhenFull,
                maxWaiting,
                retryAfter,
                sessionsIdle,
                touchEvery,
                newMax,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    public RouterSettings withMaxUnwritten(int newMax) {
        return new RouterSettings(
                pool,
                policy,
                hold,
                holdUploads,
                holdWhenFull,
                maxWaiting,
                retryAfter,
                sessionsIdle,
                touchEvery,
                maxCached,
                newMax,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    public RouterSettings withPool(@Nullable String newPool) {
        return new RouterSettings(
                newPool,
                policy,
                hold,
                holdUploads,
                holdWhenFull,
                maxWaiting,
                retryAfter,
                sessionsIdle,
                touchEvery,
                maxCached,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                otherServices);
    }

    public RouterSettings withOtherServices(OtherServices newRule) {
        return new RouterSettings(
                pool,
                policy,
                hold,
                holdUploads,
                holdWhenFull,
                maxWaiting,
                retryAfter,
                sessionsIdle,
                touchEvery,
                maxCached,
                maxUnwritten,
                registryPatience,
                settle,
                suspicion,
                suspicionMax,
                locateTimeout,
                maxHeadBytes,
                newRule);
    }
}
