/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.NearestName;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether only what concerns one pool is shown. */
final class PoolFilter {
    @Option(names = "--pool", paramLabel = "POOL", description = "Only what concerns this pool.")
    private @Nullable String name;

    /** Null when all are shown. */
    @Nullable
    String name() {
        return name;
    }

    /** @throws CommandException with the nearest name when there is no such pool, nor any server left of it */
    void check(@Nullable ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        TreeSet<String> known = new TreeSet<>();
        if (spec != null) {
            known.addAll(spec.pools().keySet());
        }
        if (status != null) {
            known.addAll(status.pools().keySet());
        }
        if (name != null && !known.contains(name)) {
            throw new CommandException(
                    ExitCode.NOT_FOUND,
                    "no pool " + name
                            + (known.isEmpty()
                                    ? ""
                                    : " (did you mean " + NearestName.to(name, known) + "? there are: "
                                            + String.join(", ", known) + ")"));
        }
    }

    /** Whether a thing of this pool is shown. */
    boolean shows(String pool) {
        return name == null || name.equals(pool);
    }

    /** Whether what is said names the pool, one of its slots or one of its settings. */
    boolean showsText(String text) {
        return name == null
                || Pattern.compile("(^|[^a-z0-9.-])(pool " + quoted() + "|" + quoted() + "-\\d+)($|[^a-z0-9-])"
                                + "|sparkconnect\\.pool\\." + quoted() + "\\.")
                        .matcher(text)
                        .find();
    }

    private String quoted() {
        return Pattern.quote(String.valueOf(name));
    }
}
