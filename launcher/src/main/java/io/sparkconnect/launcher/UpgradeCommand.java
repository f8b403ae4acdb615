/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "upgrade",
        description = {
            "Brings a pool to another Spark or another Spark configuration, server by server: a new one first, and an old one"
                    + " drains when the new one is ready in its place.",
            "When new servers fail (sparkconnect.rollout.failures) or none becomes ready in time"
                    + " (sparkconnect.rollout.progress.timeout), the pool goes back by itself to what it was; servers that"
                    + " work are never taken down for one that does not."
        },
        sortOptions = false)
final class UpgradeCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Mixin
    private PoolChoice pool = new PoolChoice();

    @Option(
            names = "--spark-home",
            paramLabel = "PATH",
            description = "A Spark distribution, at the same path on every node.")
    private @Nullable String sparkHome;

    @Option(
            names = {"--archive", "--spark-archive"},
            paramLabel = "URI",
            description = "A Spark distribution (.tgz, .tar.gz, .zip) that YARN unpacks for each server.")
    private @Nullable String sparkArchive;

    @Option(
            names = "--conf",
            paramLabel = "key=value",
            description = "Spark configuration of the servers; the rest of it stays. Repeatable.")
    private Map<String, String> conf = new LinkedHashMap<>();

    @Option(
            names = "--remove-conf",
            paramLabel = "key",
            description = "Takes a key out of the Spark configuration of the servers. Repeatable.")
    private List<String> removed = new ArrayList<>();

    @Mixin
    private SurgeOption surge = new SurgeOption();

    @Mixin
    private ChangeOptions change = new ChangeOptions();

    UpgradeCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        if (sparkHome == null && sparkArchive == null && conf.isEmpty() && removed.isEmpty()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "to what? (expected: --spark-home, --archive, --conf or --remove-conf; `restart --rolling` starts the"
                            + " same anew)");
        }
        return ChangeSequence.perform(
                surroundings,
                options,
                service,
                change,
                open -> new UpgradeChange(
                        pool,
                        new UpgradeChange.To(sparkHome, sparkArchive, conf, removed),
                        surge.most(),
                        surroundings.environment(),
                        open.configuration().hadoop()));
    }
}
