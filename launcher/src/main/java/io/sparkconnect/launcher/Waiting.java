/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at the registry again and again until something is so, and shows meanwhile what it waits for. */
final class Waiting {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    /**
     * One look.
     *
     * @param reached what was waited for; null while it is not there
     * @param waitsFor what is missing still
     */
    record Seen<T>(@Nullable T reached, String waitsFor) {
        static <T> Seen<T> reached(T what) {
            return new Seen<>(what, "");
        }

        static <T> Seen<T> notYet(String waitsFor) {
            return new Seen<>(null, waitsFor);
        }
    }

    interface Look<T> {
        Seen<T> look() throws CommandException, RegistryAwayException, InterruptedException;
    }

    private final Surroundings surroundings;
    private final Duration patience;

    Waiting(Surroundings surroundings, Duration patience) {
        this.surroundings = surroundings;
        this.patience = patience;
    }

    /**
     * A registry that is away is waited for as well.
     *
     * @param notSo what is said when patience is at its end: "not ended"
     * @param whatNow what else is said then
     */
    <T> T until(Look<T> look, String notSo, String whatNow) throws CommandException, InterruptedException {
        Progress progress = new Progress(surroundings.terminal(), surroundings.clock());
        while (true) {
            String waitsFor;
            try {
                Seen<T> seen = look.look();
                if (seen.reached() != null) {
                    return seen.reached();
                }
                waitsFor = seen.waitsFor();
            } catch (RegistryAwayException e) {
                waitsFor = "ZooKeeper: " + InWords.oneLine(e.getMessage(), 200);
            }
            if (progress.elapsed().compareTo(patience) >= 0) {
                throw new CommandException(
                        ExitCode.TIMED_OUT,
                        List.of(notSo + " within " + InWords.age(patience) + ": waits for " + waitsFor, whatNow),
                        null);
            }
            progress.show("waits for " + waitsFor);
            surroundings.pause().sleep(LOOK_AGAIN);
        }
    }
}
