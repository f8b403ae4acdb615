/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a change of the spec is made. */
final class ChangeOptions {
    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = "15m",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description =
                    "Waits until it is brought about, showing progress; at most so long (default with --wait: 15m), and exits with 4 then.")
    private @Nullable Duration patience;

    @Option(names = "--dry-run", description = "Says what would be done, and changes nothing.")
    private boolean dryRun;

    @Option(
            names = "--if-generation",
            paramLabel = "N",
            description =
                    "Changes nothing, and exits with 1, unless the spec is at this generation (`status` tells it): for scripts that decided by what they saw.")
    private @Nullable Long generation;

    /** Null when the command returns as soon as the wish is written. */
    @Nullable
    Duration patience() {
        return patience;
    }

    boolean dryRun() {
        return dryRun;
    }

    @Nullable
    Long generation() {
        return generation;
    }
}
