/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a command goes on showing what it shows. */
final class WatchOption {
    @Option(
            names = {"-w", "--watch"},
            arity = "0..1",
            fallbackValue = "2s",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description =
                    "Looks again every so often (default with --watch: 2s) and shows what has changed, until Ctrl-C.")
    private @Nullable Duration every;

    @Nullable
    Duration every() {
        return every;
    }

    /**
     * Looks once, or until the user has seen enough; an interrupt is how that ends.
     *
     * @param look shows what there is to show
     * @return the last look's exit code
     */
    int run(Surroundings surroundings, Look look) throws Exception {
        int exitCode = look.look();
        while (every != null) {
            try {
                surroundings.pause().sleep(every);
            } catch (InterruptedException e) {
                return exitCode;
            }
            exitCode = look.look();
        }
        return exitCode;
    }

    interface Look {
        int look() throws Exception;
    }
}
