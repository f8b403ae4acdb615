/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/** ZooKeeper could not be reached or did not answer in time: nothing is known about whether the change was made. */
public sealed class RegistryAwayException extends Exception permits RegistryDeniedException {
    public RegistryAwayException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
