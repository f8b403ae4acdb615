/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A YARN application that carries the service's tag and has not ended: a server's own, or the service itself.
 *
 * @param tags in lower case, as YARN keeps them
 * @param parentApplicationId the application whose container the server tag names; null without such a tag
 * @param waiting whether it has not got its own ApplicationMaster yet
 * @param diagnostics YARN's words on why it waits
 */
public record ChildView(
        String applicationId,
        Set<String> tags,
        @Nullable String parentApplicationId,
        boolean waiting,
        String diagnostics) {
    public ChildView {
        tags = Set.copyOf(tags);
    }
}
