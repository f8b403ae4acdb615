/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.random.RandomGenerator;

/** Capped exponential back-off with jitter, so that slots that fell together do not rise together. */
final class Backoff {
    private static final int MOST_DOUBLINGS = 30;

    private final RandomGenerator random;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /**
     * @param failures failures in a row, ≥ 1
     * @return milliseconds between three quarters of the exponential value and the value itself
     */
    long delayMs(int failures, Policy policy) {
        int doublings = Math.min(Math.max(failures, 1) - 1, MOST_DOUBLINGS);
        long full =
                Math.min(policy.backoffMax().toMillis(), policy.backoffInitial().toMillis() << doublings);
        return Math.max(1, (long) (full * (0.75 + random.nextDouble() / 4)));
    }
}
