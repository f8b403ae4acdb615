/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.NearestName;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which pool a command is about. */
final class PoolChoice {
    @Option(names = "--pool", paramLabel = "POOL", description = "The pool; not needed where there is only one.")
    private @Nullable String name;

    /** @throws CommandException when there is no such pool, or no way to tell which */
    PoolSpec of(ServiceSpec spec) throws CommandException {
        TreeSet<String> known = new TreeSet<>(spec.pools().keySet());
        String wanted = name != null ? name : known.size() == 1 ? known.first() : SpecPlan.POOL;
        PoolSpec pool = spec.pools().get(wanted);
        if (pool != null) {
            return pool;
        }
        if (known.isEmpty()) {
            throw new CommandException(ExitCode.NOT_FOUND, "service " + spec.service() + " has no pool");
        }
        if (name == null) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "which pool? (expected: --pool, one of " + String.join(", ", known) + ")");
        }
        throw new CommandException(
                ExitCode.NOT_FOUND,
                "no pool " + name + " (did you mean " + NearestName.to(name, known) + "? there are: "
                        + String.join(", ", known) + ")");
    }
}
