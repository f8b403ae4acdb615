/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/** Bytes in the registry that are not what their path promises; the message names the path. */
public final class RegistryDataException extends RuntimeException {
    public RegistryDataException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
