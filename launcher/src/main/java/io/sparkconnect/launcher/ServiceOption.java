/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which service a command is about whose parameters are something else. */
final class ServiceOption {
    @Option(
            names = {"-s", "--service"},
            paramLabel = "SERVICE",
            description = "Its name, in place of sparkconnect.service.name.")
    private @Nullable String name;

    @Nullable
    String name() {
        return name;
    }
}
