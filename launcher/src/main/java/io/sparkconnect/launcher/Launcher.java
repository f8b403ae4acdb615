/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.RegistryDeniedException;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.security.authorize.AuthorizationException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code yarn jar sparkconnect-yarn-….jar <command>}. Ends the process with the command's {@link ExitCode}. */
@Command(
        name = "sparkconnect-yarn",
        description = "Spark Connect servers as a YARN service behind one URL.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the cluster, ZooKeeper or the service failed",
            "2:the command or a setting is wrong; nothing was changed",
            "3:there is no such service, server, node or pool",
            "4:what the command waits for did not happen in time",
            "5:YARN or ZooKeeper does not let this user do it",
            "6:done, or looked at, and some pool has fewer servers than it should"
        },
        sortOptions = false)
public final class Launcher implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    private Launcher() {}

    public static void main(String[] args) {
        Surroundings surroundings = surroundings();
        if (!Arrays.asList(args).contains("--debug")) {
            QuietLibraries.hush();
        }
        int exitCode = run(surroundings, args);
        surroundings.terminal().data().flush();
        surroundings.terminal().talk().flush();
        System.exit(exitCode);
    }

    /** This process's own. */
    static Surroundings surroundings() {
        return new Surroundings(
                System.getenv(),
                new Terminal(writer(System.out), writer(System.err), isScreen()),
                Clock.systemUTC(),
                pause -> Thread.sleep(pause.toMillis()),
                conf -> YarnClusterView.connect(conf, Clock.systemUTC()),
                OpenRegistry::at,
                ServiceJar::running,
                new ProcessInterrupts());
    }

    static int run(Surroundings surroundings, String... args) {
        CommandLine line = commandLine(surroundings);
        Terminal terminal = surroundings.terminal();
        line.setOut(terminal.data()).setErr(terminal.talk());
        line.setParameterExceptionHandler((problem, given) -> refuse(terminal, problem));
        line.setExecutionExceptionHandler((problem, command, parsed) -> explain(terminal, problem, args));
        return line.execute(args);
    }

    /** All commands, to be run or to be described. */
    static CommandLine commandLine(Surroundings surroundings) {
        CommandLine line = new CommandLine(new Launcher())
                .addSubcommand(new LaunchCommand(surroundings))
                .addSubcommand(new StatusCommand(surroundings))
                .addSubcommand(new EventsCommand(surroundings))
                .addSubcommand(new SessionsCommand(surroundings))
                .addSubcommand(new KillSessionCommand(surroundings))
                .addSubcommand(new ScaleCommand(surroundings))
                .addSubcommand(new DrainCommand(surroundings))
                .addSubcommand(new UndrainCommand(surroundings))
                .addSubcommand(new RestartCommand(surroundings))
                .addSubcommand(new UpgradeCommand(surroundings))
                .addSubcommand(new RollbackCommand(surroundings))
                .addSubcommand(new SetCommand(surroundings))
                .addSubcommand(new LogsCommand(surroundings))
                .addSubcommand(new StopCommand(surroundings))
                .addSubcommand(new CompletionCommand(surroundings))
                .addSubcommand(new ManCommand(surroundings))
                .addSubcommand(new VersionCommand(surroundings))
                .addSubcommand(new HelpCommand());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.getCommandSpec().addOption(helpOption());
        line.getSubcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .filter(command -> !ManPage.isHelp(command))
                .forEach(command -> command.addOption(helpOption()));
        return line;
    }

    private static OptionSpec helpOption() {
        return OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Shows this help.")
                .build();
    }

    /** Without a command. */
    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(),
                "which command? (expected: "
                        + String.join(", ", spec.subcommands().keySet()) + ")");
    }

    private static int refuse(Terminal terminal, ParameterException problem) {
        CommandLine command = problem.getCommandLine();
        terminal.say("error: " + text(problem, command));
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(problem, terminal.talk())) {
            String name = command.getCommandSpec().name();
            terminal.say("see: help" + (command.getParent() == null ? "" : " " + name));
        }
        return ExitCode.BAD_INPUT;
    }

    /** The library counts arguments where a user has typed words. */
    private static String text(ParameterException problem, CommandLine command) {
        if (problem instanceof CommandLine.UnmatchedArgumentException unmatched && !unmatched.isUnknownOption()) {
            String words = String.join(" ", unmatched.getUnmatched());
            return command.getParent() == null
                    ? "there is no command " + words
                    : command.getCommandSpec().name() + " takes no " + words;
        }
        return String.valueOf(problem.getMessage());
    }

    private static int explain(Terminal terminal, Exception problem, String... args) {
        if (Arrays.asList(args).contains("--debug")) {
            problem.printStackTrace(terminal.talk());
        }
        if (problem instanceof CommandException ours) {
            tell(terminal, ours.lines());
            return ours.exitCode();
        }
        if (problem instanceof RegistryDeniedException || isDenied(problem)) {
            terminal.say("error: not allowed: " + InWords.oneLine(problem.getMessage(), 600));
            return ExitCode.DENIED;
        }
        if (problem instanceof RegistryAwayException) {
            terminal.say("error: ZooKeeper does not answer (sparkconnect.zookeeper.quorum): " + problem.getMessage());
        } else if (problem instanceof RegistryDataException || problem instanceof IOException) {
            terminal.say("error: " + problem.getMessage());
        } else if (problem instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            terminal.say("error: interrupted");
        } else {
            terminal.say("error: " + problem + " (this is a mistake of ours; --debug shows where)");
        }
        return ExitCode.FAILED;
    }

    /** YARN and the file systems say so in an exception of Hadoop's, somewhere among the causes. */
    private static boolean isDenied(Throwable problem) {
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            if (cause instanceof AccessControlException || cause instanceof AuthorizationException) {
                return true;
            }
        }
        return false;
    }

    private static void tell(Terminal terminal, List<String> lines) {
        lines.forEach(line -> terminal.say("error: " + line));
    }

    /** Java 17 to 21 have a console only where both standard input and output are a terminal. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isScreen() {
        return System.console() != null && !"dumb".equals(System.getenv("TERM"));
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
    }
}
