/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.metrics;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.registry.SessionKey;
import org.jspecify.annotations.Nullable;

/**
 * One client's stream, when it has ended.
 *
 * @param remote address of the client
 * @param method last part of the path, as the client sent it: not to be trusted
 * @param session null when the stream ended before that was known
 * @param backend null when no server was found
 * @param grpcStatus what the client was told; {@link #NO_STATUS} when it was told none
 * @param bytesIn request bytes, headers excluded
 * @param bytesOut response bytes, headers excluded
 * @param nanos from its first frame to its end
 * @param reason a short word: {@code ok}, {@code cancelled}, …
 */
public record StreamReport(
        String remote,
        String method,
        @Nullable SessionKey session,
        @Nullable Backend backend,
        int grpcStatus,
        long bytesIn,
        long bytesOut,
        long nanos,
        String reason) {
    public static final int NO_STATUS = -1;
}
