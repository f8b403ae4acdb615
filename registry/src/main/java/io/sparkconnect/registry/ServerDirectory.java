/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.function.Consumer;

/** What a proxy knows about servers: a snapshot that is replaced when the registry changes. Thread-safe. */
public interface ServerDirectory extends AutoCloseable {
    /** Never blocks. Empty and not connected before the first reading. */
    ServerSnapshot snapshot();

    /** Called with each new snapshot, on the directory's own thread, and once at once with the present one. */
    void addListener(Consumer<ServerSnapshot> listener);

    @Override
    void close();
}
