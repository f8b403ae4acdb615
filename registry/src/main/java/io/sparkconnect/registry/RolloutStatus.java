/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * The last rollout of a pool.
 *
 * @param revision the wished one
 * @param updated ready servers with the revision that is being brought about
 * @param servers servers that shall have it
 * @param message what is waited for, or why it was rolled back; may be empty
 */
public record RolloutStatus(long revision, RolloutState state, int updated, int servers, String message) {
    public RolloutStatus {
        state = state == null ? RolloutState.UNKNOWN : state;
        message = message == null ? "" : message;
    }

    /** Whether the wished revision was given up. */
    public boolean failed() {
        return state == RolloutState.ROLLING_BACK || state == RolloutState.ROLLED_BACK;
    }
}
