/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import org.jspecify.annotations.Nullable;

/**
 * Who this attempt is.
 *
 * @param user who launched the service; log links end in it
 * @param webUrl the AM's own page
 * @param launchedAtMs when the application was submitted
 * @param logScheme {@code http} or {@code https}: how NodeManagers serve logs
 */
public record Identity(
        String service,
        String applicationId,
        int attempt,
        String user,
        @Nullable String webUrl,
        long launchedAtMs,
        String logScheme) {
    String logUrl(ContainerGrant grant) {
        return logScheme + "://" + grant.nodeHttpAddress() + "/node/containerlogs/" + grant.containerId() + "/" + user;
    }
}
