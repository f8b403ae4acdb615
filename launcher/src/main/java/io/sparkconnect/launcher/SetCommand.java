/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "set",
        description = {
            "Changes settings of a running service. What concerns how servers start is brought to them as by `upgrade`: one by"
                    + " one, and back again by itself when it does not work; the rest counts at once.",
            "Pools are added and removed by sparkconnect.pools; the servers of one that is removed drain.",
            "Settings that only a launch can change are refused, and so is what the cluster or its queues cannot hold."
        },
        sortOptions = false)
final class SetCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Parameters(arity = "0..*", paramLabel = "key=value", description = "A sparkconnect.* setting.")
    private List<String> assignments = new ArrayList<>();

    @Option(names = "--unset", paramLabel = "key", description = "Back to the setting's default. Repeatable.")
    private List<String> unset = new ArrayList<>();

    @Mixin
    private SurgeOption surge = new SurgeOption();

    @Mixin
    private ChangeOptions change = new ChangeOptions();

    SetCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        if (assignments.isEmpty() && unset.isEmpty()) {
            throw new CommandException(ExitCode.BAD_INPUT, "what? (expected: key=value or --unset key)");
        }
        Map<String, String> values = values();
        return ChangeSequence.perform(
                surroundings,
                options,
                service,
                change,
                open -> CapacityCheckedChange.of(
                        new SetChange(
                                values,
                                unset,
                                surge.most(),
                                surroundings.environment(),
                                open.configuration().hadoop()),
                        surroundings,
                        open));
    }

    private Map<String, String> values() throws CommandException {
        Map<String, String> values = new LinkedHashMap<>();
        Findings findings = new Findings();
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            String key = equals < 0 ? assignment : assignment.substring(0, equals);
            if (equals <= 0) {
                findings.mistake(assignment + " (expected: key=value)");
            } else if (values.put(key, assignment.substring(equals + 1)) != null) {
                findings.mistake(key + ": is given twice");
            }
        }
        findings.orElseThrow();
        return values;
    }
}
