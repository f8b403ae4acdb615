/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** One command's manual page in man(7)'s roff, from the declarations that its help comes from. Confined to one thread. */
final class ManPage {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    private final CommandSpec command;
    private final CommandSpec root;
    private final StringBuilder page = new StringBuilder();

    private ManPage(CommandSpec command, CommandSpec root) {
        this.command = command;
        this.root = root;
    }

    /**
     * The page's name, such as {@code sparkconnect-scale}.
     *
     * @param command the root or one of its subcommands
     */
    static String name(CommandSpec command, CommandSpec root) {
        return command == root ? root.name() : root.name() + "-" + command.name();
    }

    static String of(CommandSpec command, CommandSpec root) {
        return new ManPage(command, root).write();
    }

    private String write() {
        String name = name(command, root);
        List<String> description = List.of(command.usageMessage().description());
        page.append(".\\\" Made from the declarations of the command line; see docs/cli.md.\n");
        page.append(".TH ").append(name.toUpperCase(java.util.Locale.ROOT)).append(" 1 \"\" \"sparkconnect-yarn\"\n");
        section("NAME");
        text(name + " \\- " + escaped(firstClause(description)));
        section("SYNOPSIS");
        text(escaped(help().synopsis(0).strip()));
        section("DESCRIPTION");
        for (String paragraph : description) {
            page.append(".PP\n");
            text(marked(paragraph));
        }
        arguments();
        commands();
        exitCodes();
        seeAlso();
        return page.toString();
    }

    private void arguments() {
        List<? extends ArgSpec> parameters = command.positionalParameters();
        List<OptionSpec> options =
                command.options().stream().filter(option -> !option.hidden()).toList();
        if (!parameters.isEmpty()) {
            section("ARGUMENTS");
            parameters.forEach(parameter -> item("\\fI" + escaped(parameter.paramLabel()) + "\\fR", parameter));
        }
        if (!options.isEmpty()) {
            section("OPTIONS");
            options.forEach(option -> item(label(option), option));
        }
    }

    private void commands() {
        if (command.subcommands().isEmpty()) {
            return;
        }
        section("COMMANDS");
        command.subcommands().forEach((name, sub) -> {
            page.append(".TP\n\\fB").append(escaped(name)).append("\\fR\n");
            text(marked(firstClause(List.of(sub.getCommandSpec().usageMessage().description()))));
        });
    }

    private void exitCodes() {
        section("EXIT STATUS");
        for (Map.Entry<String, String> code : root.usageMessage().exitCodeList().entrySet()) {
            page.append(".TP\n\\fB").append(code.getKey().strip()).append("\\fR\n");
            text(escaped(code.getValue()));
        }
    }

    private void seeAlso() {
        section("SEE ALSO");
        text(root.subcommands().values().stream()
                .map(sub -> sub.getCommandSpec())
                .filter(sub -> sub != command && !isHelp(sub))
                .map(sub -> "\\fB" + escaped(name(sub, root)) + "\\fR(1)")
                .reduce(
                        command == root ? "" : "\\fB" + escaped(root.name()) + "\\fR(1)",
                        (all, one) -> all.isEmpty() ? one : all + ", " + one));
    }

    /** Picocli's own command, which is no page's subject. */
    static boolean isHelp(CommandSpec command) {
        return command.name().equals("help");
    }

    private String label(OptionSpec option) {
        String parameter = help().createDefaultParamLabelRenderer()
                .renderParameterLabel(option, Ansi.OFF, List.of())
                .toString();
        return "\\fB" + escaped(String.join(", ", option.names())) + "\\fR"
                + (parameter.isEmpty() ? "" : "\\fI" + escaped(parameter) + "\\fR");
    }

    private Help help() {
        return new Help(command, Help.defaultColorScheme(Ansi.OFF));
    }

    private void item(String label, ArgSpec argument) {
        page.append(".TP\n").append(label).append('\n');
        text(marked(String.join(" ", argument.description())));
    }

    private void section(String title) {
        page.append(".SH ").append(title).append('\n');
    }

    /** A line that begins like a request of roff's is kept from being one. */
    private void text(String roff) {
        page.append(roff.startsWith(".") || roff.startsWith("'") ? "\\&" : "")
                .append(roff)
                .append('\n');
    }

    /** Up to the first full stop: a page's name is followed by one line. */
    private static String firstClause(List<String> description) {
        String first = description.isEmpty() ? "" : description.get(0);
        int end = first.indexOf(". ");
        String sentence = end < 0 ? first : first.substring(0, end);
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    private static String marked(String text) {
        return CODE.matcher(escaped(text)).replaceAll("\\\\fB$1\\\\fR");
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-").replaceAll("\\s+", " ");
    }
}
