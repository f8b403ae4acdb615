/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDeniedException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a command goes on showing what it shows. */
final class WatchOption {
    private static final Duration LEAST = Duration.ofSeconds(1);

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
     * Looks once, or until the user has seen enough; an interrupt is how that ends. A registry that is away for a while ends
     * only the first look: later ones say so, once for each outage, and go on.
     *
     * @param look shows what there is to show
     * @return the last look's exit code
     */
    int run(Surroundings surroundings, Look look) throws Exception {
        if (every != null && every.compareTo(LEAST) < 0) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--watch: " + every.toMillis() + "ms (expected: at least 1s)");
        }
        int exitCode = look.look();
        boolean away = false;
        while (every != null) {
            try {
                surroundings.pause().sleep(every);
                exitCode = look.look();
                if (away) {
                    surroundings.terminal().say("ZooKeeper answers again");
                }
                away = false;
            } catch (InterruptedException e) {
                return exitCode;
            } catch (RegistryDeniedException e) {
                throw e;
            } catch (RegistryAwayException e) {
                if (!away) {
                    surroundings
                            .terminal()
                            .warn("shown is the last that was known, and what comes when ZooKeeper is back: "
                                    + InWords.oneLine(e.getMessage(), 300));
                }
                away = true;
            }
        }
        return exitCode;
    }

    interface Look {
        int look() throws Exception;
    }
}
