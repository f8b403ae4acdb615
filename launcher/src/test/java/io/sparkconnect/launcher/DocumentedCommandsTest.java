/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;

/** Every command that the pages show, in a sentence, a table or a block, is one that the command line takes. */
class DocumentedCommandsTest {
    /** Tests run in the module's directory. */
    private static final Path PROJECT = Path.of("..");

    private static final Pattern SPAN = Pattern.compile("`([^`\n]+)`");
    private static final Pattern WORD = Pattern.compile("'[^']*'|\\S+");
    private static final Pattern PROGRAM =
            Pattern.compile("^(scripts/sparkconnect\\.sh|sparkconnect|yarn jar \\S+sparkconnect-yarn\\S*)\\s+");
    /** Stands for something in a synopsis. */
    private static final Map<String, String> PLACEHOLDERS =
            Map.of("N", "1", "P", "/p", "DURATION", "1m", "KIB", "1", "key=value", "sparkconnect.drain.timeout=1m");

    private final CommandLine line = Launcher.commandLine(Launcher.surroundings());
    private final Set<String> known = new HashSet<>(line.getSubcommands().keySet());

    @Test
    void areTakenByTheCommandLine() throws IOException {
        Map<String, List<String>> refused = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Path page : pages()) {
            for (String command : commandsOn(page)) {
                seen.add(name(command));
                for (List<String> words : readings(command)) {
                    try {
                        Launcher.commandLine(Launcher.surroundings()).parseArgs(words.toArray(String[]::new));
                    } catch (MissingParameterException e) {
                        // A sentence may speak of a command without saying of which server.
                    } catch (ParameterException e) {
                        refused.computeIfAbsent(page.toString(), of -> new ArrayList<>())
                                .add(command + " -> " + words + ": " + e.getMessage());
                    }
                }
            }
        }

        assertThat(refused).isEmpty();
        known.remove("help");
        assertThat(seen).as("commands that some page shows").containsAll(known);
    }

    private List<String> commandsOn(Path page) throws IOException {
        List<String> commands = new ArrayList<>();
        boolean inBlock = false;
        boolean inShell = false;
        // A command may go on in the next line.
        for (String text : Files.readString(page).replace("\\\n", " ").split("\n", -1)) {
            if (text.startsWith("```")) {
                inBlock = !inBlock;
                inShell = inBlock && text.startsWith("```bash");
            } else if (inShell) {
                command(text).ifPresent(commands::add);
            } else if (!inBlock) {
                Matcher span = SPAN.matcher(text);
                while (span.find()) {
                    command(span.group(1)).ifPresent(commands::add);
                }
            }
        }
        return commands;
    }

    private Optional<String> command(String text) {
        Matcher program = PROGRAM.matcher(text.strip());
        boolean named = program.find();
        String rest = named ? text.strip().substring(program.end()) : text.strip();
        rest = rest.replaceFirst("\\s+#.*", "").replaceFirst("\\)$", "");
        List<String> words =
                WORD.matcher(rest).results().map(MatchResult::group).toList();
        // A single word in a sentence, such as `drain` or `status`, need not be the command.
        if (words.isEmpty()) {
            return Optional.empty();
        }
        boolean isCommand = known.contains(words.get(0)) && (named || words.size() > 1);
        return isCommand ? Optional.of(rest) : Optional.empty();
    }

    /** A synopsis has alternatives; each of them is a command of its own, but within brackets the first stands for all. */
    private static List<List<String>> readings(String command) {
        List<List<String>> readings = new ArrayList<>();
        String plain = command.replace("\\|", "|").replaceAll("\\[([^]|]*?) \\| [^]]*]", "$1");
        for (String alternative : plain.split(" \\| ", -1)) {
            List<String> words = new ArrayList<>();
            if (!readings.isEmpty()) {
                words.add(name(command));
            }
            Matcher word = WORD.matcher(alternative);
            while (word.find()) {
                String bare = word.group().replaceAll("[\\[\\]'…]", "").replaceFirst("\\|.*", "");
                if (!bare.isEmpty()) {
                    words.add(PLACEHOLDERS.getOrDefault(bare, bare.replace("=DURATION", "=1m")));
                }
            }
            readings.add(words);
        }
        return readings;
    }

    private static String name(String command) {
        return command.split(" ", 2)[0];
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(PROJECT.resolve("docs"))) {
            List<Path> pages =
                    new ArrayList<>(docs.filter(file -> file.toString().endsWith(".md"))
                            .sorted()
                            .toList());
            pages.add(PROJECT.resolve("README.md"));
            return pages;
        }
    }
}
