/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every test that the pages name as a witness is there: {@code `FooTest`}, {@code `FooTest.doesThis`}, {@code `…doesThat`}. */
class DocumentedTestsTest {
    /** Tests run in the module's directory. */
    private static final Path PROJECT = Path.of("..");

    private static final Pattern WITNESS = Pattern.compile("`(?:([A-Z]\\w*(?:Test|IT))(?:\\.(\\w+))?|…(\\w+))`");

    @Test
    void areThere() throws IOException {
        Map<String, String> sources = sources();
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (Path page : pages()) {
            String lastClass = "";
            Matcher witness = WITNESS.matcher(Files.readString(page));
            while (witness.find()) {
                String method = witness.group(1) == null ? witness.group(3) : witness.group(2);
                lastClass = witness.group(1) == null ? lastClass : witness.group(1);
                String source = sources.get(lastClass);
                named++;
                if (source == null || (method != null && !source.contains("void " + method + "("))) {
                    missing.add(page + ": " + lastClass + (method == null ? "" : "." + method));
                }
            }
        }

        assertThat(named).as("tests that the pages name").isGreaterThan(40);
        assertThat(missing).isEmpty();
    }

    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> modules = Files.list(PROJECT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    for (Path file : files.filter(each -> each.toString().endsWith(".java"))
                            .toList()) {
                        sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
                    }
                }
            }
        }
        return sources;
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
            return docs.filter(page -> page.toString().endsWith(".md")).toList();
        }
    }
}
