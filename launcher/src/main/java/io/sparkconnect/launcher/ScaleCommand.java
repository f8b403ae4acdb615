/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "scale",
        description = {
            "Changes how many servers a pool keeps at least and may have at most.",
            "Servers that are not needed any more keep their sessions until they end or sparkconnect.drain.timeout comes."
        },
        sortOptions = false)
final class ScaleCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Mixin
    private PoolChoice pool = new PoolChoice();

    @Mixin
    private ChangeOptions change = new ChangeOptions();

    @Option(names = "--min", paramLabel = "N", description = "Servers to keep, 0 to 1000.")
    private @Nullable Integer least;

    @Option(names = "--max", paramLabel = "N", description = "Most servers ever, 1 to 1000.")
    private @Nullable Integer most;

    ScaleCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        if (least == null && most == null) {
            throw new CommandException(ExitCode.BAD_INPUT, "to what? (expected: --min, --max or both)");
        }
        return ChangeSequence.perform(
                surroundings,
                options,
                service,
                change,
                open -> CapacityCheckedChange.of(new ScaleChange(pool, least, most), surroundings, open));
    }
}
