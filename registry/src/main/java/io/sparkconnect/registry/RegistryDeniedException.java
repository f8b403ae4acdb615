/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/** ZooKeeper answered that we may not do this: nothing was changed. */
public final class RegistryDeniedException extends RegistryAwayException {
    public RegistryDeniedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
