/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file that says which process serves: written when it does, so that whoever started it can wait for that. */
final class PidFile {
    private final Path path;
    private final String content = ProcessHandle.current().pid() + "\n";

    PidFile(Path path) {
        this.path = path;
    }

    /** Replaces what is there, in one step. */
    void write() throws IOException {
        Path next = path.resolveSibling(
                path.getFileName() + "." + ProcessHandle.current().pid());
        Files.writeString(next, content);
        Files.move(next, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Leaves it alone when another process has written it meanwhile. */
    void removeIfOwn() throws IOException {
        if (Files.exists(path) && Files.readString(path).equals(content)) {
            Files.delete(path);
        }
    }
}
