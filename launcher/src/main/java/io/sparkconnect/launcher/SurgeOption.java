/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many servers a rollout may have above the pool's size. */
final class SurgeOption {
    private static final int MOST = 1000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private int most = 1;

    @Option(
            names = "--max-surge",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "So many servers above the pool's size while old ones are replaced (default: ${DEFAULT-VALUE}); 0 where"
                            + " the queue has no room for one more: then an old one goes first.")
    void setMost(int value) {
        if (value < 0 || value > MOST) {
            throw new ParameterException(
                    command.commandLine(), "--max-surge: " + value + " (expected: 0 to " + MOST + ")");
        }
        most = value;
    }

    int most() {
        return most;
    }
}
