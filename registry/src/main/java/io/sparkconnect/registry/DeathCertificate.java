/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a server is gone. Kept for hours, so that a client that comes back learns the cause.
 *
 * @param serverId container id
 * @param exitStatus YARN's container exit status; null when the container's completion was never seen
 * @param diagnostics YARN's diagnostics, cut to a few hundred characters
 * @param lastLines last lines of stderr where they could be read, oldest first
 * @param remedy the setting to change or the thing to do; null when nothing helps but trying again
 * @param diedAtMs when the AM learned of it
 */
public record DeathCertificate(
        String serverId,
        String pool,
        String slot,
        @Nullable String node,
        DeathCause cause,
        @Nullable Integer exitStatus,
        String diagnostics,
        List<String> lastLines,
        @Nullable String remedy,
        @Nullable String logUrl,
        long diedAtMs) {
    public DeathCertificate {
        cause = cause == null ? DeathCause.UNKNOWN : cause;
        diagnostics = diagnostics == null ? "" : diagnostics;
        lastLines = lastLines == null ? List.of() : List.copyOf(lastLines);
    }

    /** The same death at another time. */
    public DeathCertificate at(long diedAtMs) {
        return diedAtMs == this.diedAtMs
                ? this
                : new DeathCertificate(
                        serverId,
                        pool,
                        slot,
                        node,
                        cause,
                        exitStatus,
                        diagnostics,
                        lastLines,
                        remedy,
                        logUrl,
                        diedAtMs);
    }
}
