/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import java.util.function.LongSupplier;

/**
 * Counts what one peer does and ends the connection that does too much. None of Netty's own protections cover an engine that
 * reads frames itself, so each is here, named by {@link Limit} and counted. Confined to its connection's event loop.
 */
public final class AbuseGuard {
    private final AbuseLimits limits;
    private final LimitCounters counters;
    private final RateWindow resetsReceived;
    private final RateWindow resetsSent;
    private final RateWindow pings;
    private final RateWindow settings;
    private final RateWindow ignored;
    private final RateWindow windowUpdates;
    private final RateWindow zeroWindowUpdates;
    private final RateWindow goAways;

    /** @param nanoTime monotonic */
    public AbuseGuard(AbuseLimits limits, LimitCounters counters, LongSupplier nanoTime) {
        this.limits = limits;
        this.counters = counters;
        long windowNanos = limits.window().toNanos();
        resetsReceived = new RateWindow(limits.maxResetsReceived(), windowNanos, nanoTime);
        resetsSent = new RateWindow(limits.maxResetsSent(), windowNanos, nanoTime);
        pings = new RateWindow(limits.maxPings(), windowNanos, nanoTime);
        settings = new RateWindow(limits.maxSettings(), windowNanos, nanoTime);
        ignored = new RateWindow(limits.maxIgnoredFrames(), windowNanos, nanoTime);
        windowUpdates = new RateWindow(limits.maxWindowUpdates(), windowNanos, nanoTime);
        goAways = new RateWindow(limits.maxGoAways(), windowNanos, nanoTime);
        zeroWindowUpdates = new RateWindow(limits.maxZeroWindowUpdates(), windowNanos, nanoTime);
    }

    public AbuseLimits limits() {
        return limits;
    }

    /** Counts without ending anything: the caller answers in its own way. */
    public void hit(Limit limit) {
        counters.hit(limit);
    }

    public void resetReceived() throws ConnectionErrorException {
        count(resetsReceived, Limit.RESETS_RECEIVED);
    }

    public void resetSent() throws ConnectionErrorException {
        count(resetsSent, Limit.RESETS_SENT);
    }

    public void ping() throws ConnectionErrorException {
        count(pings, Limit.PINGS);
    }

    /** One that no DATA of ours was the cause of. */
    public void windowUpdate() throws ConnectionErrorException {
        count(windowUpdates, Limit.WINDOW_UPDATES);
    }

    void goAway() throws ConnectionErrorException {
        count(goAways, Limit.GO_AWAYS);
    }

    /** @param count of one request */
    public void informational(int count) throws StreamErrorException {
        if (count > limits.maxInformational()) {
            counters.hit(Limit.INFORMATIONAL_RESPONSES);
            throw new StreamErrorException(
                    ErrorCode.ENHANCE_YOUR_CALM,
                    "limit " + Limit.INFORMATIONAL_RESPONSES + ": " + count + " (expected: at most "
                            + limits.maxInformational() + ")");
        }
    }

    void settings() throws ConnectionErrorException {
        count(settings, Limit.SETTINGS);
    }

    void priority() throws ConnectionErrorException {
        count(ignored, Limit.IGNORED_FRAMES);
    }

    void unknownFrame() throws ConnectionErrorException {
        count(ignored, Limit.IGNORED_FRAMES);
    }

    void zeroWindowUpdate() throws ConnectionErrorException {
        count(zeroWindowUpdates, Limit.ZERO_WINDOW_UPDATES);
    }

    void emptyData(int consecutive) throws ConnectionErrorException {
        check(consecutive, limits.maxEmptyData(), Limit.EMPTY_DATA);
    }

    void continuation(int count) throws ConnectionErrorException {
        check(count, limits.maxContinuations(), Limit.CONTINUATIONS);
    }

    /**
     * A list that is somewhat too large is an honest mistake, and is unfolded so that its stream can be told; what is twice
     * too large before it is unfolded is not looked at.
     */
    void headerBlockBytes(int bytes) throws ConnectionErrorException {
        check(bytes, 2 * limits.maxHeaderListBytes(), Limit.HEADER_BLOCK_BYTES);
    }

    /**
     * @param frames written since the peer's socket became full
     * @param bytes of them
     */
    public void controlFramesQueued(int frames, int bytes) throws ConnectionErrorException {
        check(frames, limits.maxControlFramesQueued(), Limit.CONTROL_FRAMES_QUEUED);
        check(bytes, limits.maxControlBytesQueued(), Limit.CONTROL_BYTES_QUEUED);
    }

    ConnectionErrorException frameTooLarge(int length, int max) {
        counters.hit(Limit.FRAME_SIZE);
        return new ConnectionErrorException(
                ErrorCode.FRAME_SIZE_ERROR, "frame length: " + length + " (expected: at most " + max + ")");
    }

    private void count(RateWindow rate, Limit limit) throws ConnectionErrorException {
        if (!rate.permits()) {
            throw exceeded(limit, "more than " + rate.max() + " in " + limits.window());
        }
    }

    private void check(int value, int max, Limit limit) throws ConnectionErrorException {
        if (value > max) {
            throw exceeded(limit, value + " (expected: at most " + max + ")");
        }
    }

    private ConnectionErrorException exceeded(Limit limit, String what) {
        counters.hit(limit);
        return new ConnectionErrorException(ErrorCode.ENHANCE_YOUR_CALM, "limit " + limit + ": " + what);
    }
}
