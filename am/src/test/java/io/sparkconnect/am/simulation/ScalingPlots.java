/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Draws docs/images/scaling-*.svg. Its name keeps it out of the build's tests; to run it: {@code mvn -q -pl am -am test
 * -Dtest=ScalingPlots -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class ScalingPlots {
    private static final long SEED = 42;

    @Test
    void draw() throws IOException {
        write(Path.of("..", "docs", "images"));
    }

    /** @param arguments the directory to write to */
    public static void main(String[] arguments) throws IOException {
        write(Path.of(arguments[0]));
    }

    private static void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        for (Scenario scenario : Scenarios.all()) {
            long begunNanos = System.nanoTime();
            SimulatedService service = SimulatedService.run(scenario, SEED);
            Path picture = directory.resolve("scaling-" + scenario.name() + ".svg");
            Files.writeString(picture, SvgPlot.of(scenario, service.timeline));
            System.out.printf(
                    "%-16s %4d h in %5d ms: %,d sessions, %,d waited (longest %d s), lost %s, at most %d servers, %d"
                            + " turns, %d given to draining servers%n%s",
                    scenario.name(),
                    scenario.length().toHours(),
                    (System.nanoTime() - begunNanos) / 1_000_000,
                    service.users().came(),
                    service.users().waited(),
                    service.users().longestWaitMs() / 1_000,
                    service.users().lost(),
                    service.timeline.mostReady(),
                    service.timeline.turns(),
                    service.users().onDraining(),
                    service.violations().stream()
                            .map(line -> "  " + line + "\n")
                            .collect(Collectors.joining()));
        }
    }
}
