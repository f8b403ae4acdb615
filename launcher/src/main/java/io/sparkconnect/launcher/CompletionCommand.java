/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = {
            "Prints a script that completes commands and options in a shell.",
            "bash: source <(sparkconnect completion bash)    zsh: source <(sparkconnect completion zsh)"
        },
        sortOptions = false)
final class CompletionCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "bash|zsh", description = "The shell: ${COMPLETION-CANDIDATES}.")
    private Shell shell = Shell.bash;

    @Option(
            names = "--name",
            paramLabel = "COMMAND",
            defaultValue = "sparkconnect",
            description =
                    "What is typed to run this: the name of a script, function or alias (default: ${DEFAULT-VALUE}).")
    private String name = "";

    CompletionCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException {
        if (!name.matches("[A-Za-z0-9._-]+")) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--name: " + name + " (expected: letters, digits, '.', '_', '-')");
        }
        CommandLine root = spec.commandLine().getParent();
        String script = AutoComplete.bash(name, root);
        if (shell == Shell.zsh) {
            // The script is for bash; zsh runs it once it has been asked to.
            script = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + script;
        }
        surroundings.terminal().data(script.stripTrailing());
        return ExitCode.OK;
    }

    /** Lower-case constants: they are what the user types. */
    enum Shell {
        bash,
        zsh
    }
}
