/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes what people read about the settings, from their declarations: {@code conf/sparkconnect-default.xml} and
 * {@code docs/configuration.md}. Run it with {@code mvn -q -pl registry compile exec:java@settings-reference}.
 */
public final class SettingsReference {
    /** One chapter for each program; a key that an earlier chapter has is not repeated. */
    static final List<Chapter> CHAPTERS = List.of(
            new Chapter(
                    "Where the service is found",
                    "Read by the launcher, the ApplicationMaster and the proxy.",
                    ServiceSettings.REGISTRY),
            new Chapter(
                    "The service",
                    "Read by the launcher when it launches; the ApplicationMaster lives by what was launched.",
                    ServiceSettings.SCHEMA),
            new Chapter("The proxy", "Read by the proxy when it starts.", ProxySettings.SCHEMA));

    private static final String REGENERATE = "mvn -q -pl registry compile exec:java@settings-reference";

    private SettingsReference() {}

    /**
     * @param title heading
     * @param audience one sentence: which program reads these
     */
    record Chapter(String title, String audience, SettingsSchema schema) {}

    /** @param arguments the project's directory */
    public static void main(String[] arguments) throws IOException {
        Path project = Path.of(arguments[0]);
        for (Map.Entry<String, String> file : files(CHAPTERS).entrySet()) {
            Path target = project.resolve(file.getKey());
            Files.createDirectories(target.resolveSibling(""));
            Files.writeString(target, file.getValue());
        }
    }

    /** Contents by path below the project's directory. */
    static Map<String, String> files(List<Chapter> chapters) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("conf/sparkconnect-default.xml", defaultFile(chapters));
        files.put("docs/configuration.md", page(chapters));
        return files;
    }

    private static String defaultFile(List<Chapter> chapters) {
        StringBuilder xml = new StringBuilder();
        xml.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
                .append("<!-- SPDX-License-Identifier: Apache-2.0 -->\n")
                .append("<!-- Generated from the declarations of the settings: for reading, not for editing.\n")
                .append("     Put your own values into sparkconnect-site.xml. -->\n")
                .append("<configuration>\n");
        Set<String> written = new HashSet<>();
        for (Chapter chapter : chapters) {
            xml.append("\n  <!-- ").append(chapter.title()).append(". ");
            xml.append(chapter.audience()).append(" -->\n");
            for (Setting<?> setting : newIn(chapter, written)) {
                if (isFamily(setting)) {
                    xml.append("  <!-- ").append(setting.name()).append(": ");
                    xml.append(setting.description().replace("--", "- -")).append(" -->\n");
                    continue;
                }
                xml.append("  <property>\n    <name>").append(escaped(setting.name()));
                xml.append("</name>\n    <value>").append(escaped(setting.defaultText()));
                xml.append("</value>\n    <description>").append(escaped(setting.description()));
                xml.append(" (").append(escaped(setting.kind())).append(")</description>\n  </property>\n");
            }
        }
        return xml.append("</configuration>\n").toString();
    }

    private static String page(List<Chapter> chapters) {
        StringBuilder page = new StringBuilder(INTRODUCTION);
        Set<String> written = new HashSet<>();
        for (Chapter chapter : chapters) {
            page.append("\n## ").append(chapter.title()).append("\n\n");
            page.append(chapter.audience()).append("\n\n");
            page.append("| Setting | Default | Value | What it does |\n|---|---|---|---|\n");
            boolean ofPools = chapter.schema() == ServiceSettings.SCHEMA;
            for (Setting<?> setting : newIn(chapter, written)) {
                String given = setting.defaultText();
                page.append("| `").append(setting.name()).append("` | ");
                page.append(given.isEmpty() ? "" : "`" + inTable(given) + "`");
                page.append(" | ").append(inTable(setting.kind()));
                page.append(" | ").append(inTable(setting.description())).append(" |\n");
            }
            if (ofPools) {
                page.append(POOLS).append(ownOfPools()).append(".\n");
            }
        }
        return page.toString();
    }

    /** Behind {@code sparkconnect.pool.NAME.} stands what follows the prefix that all settings share. */
    private static String ownOfPools() {
        return PoolSettings.own().stream()
                .map(setting -> "`" + setting.name().substring(ServiceSettings.PREFIX.length()) + "`")
                .collect(Collectors.joining(", "));
    }

    private static List<Setting<?>> newIn(Chapter chapter, Set<String> written) {
        List<Setting<?>> settings = new ArrayList<>(chapter.schema().all());
        settings.removeIf(setting -> !written.add(setting.name()));
        return settings;
    }

    private static boolean isFamily(Setting<?> setting) {
        return setting.name().endsWith(".*");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String inTable(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }

    private static final String POOLS =
            "\nA pool may have its own value (`sparkconnect.pool.NAME.` and what follows here; see [pools.md](pools.md)) of: ";

    private static final String INTRODUCTION = """
            <!-- Generated from the declarations of the settings; to change it: %s -->
            # Configuration

            Settings stand in `sparkconnect-site.xml`, in the form of Hadoop's configuration files:

            ```xml
            <configuration>
              <property>
                <name>sparkconnect.servers.min</name>
                <value>4</value>
              </property>
            </configuration>
            ```

            - A `-D key=value` on the command line wins over every file, a later file over an earlier one, unless the
              earlier one says `<final>true</final>`.
            - `${other.key}` and `${system.property}` are replaced by that value, `${env.NAME}` by the environment;
              `${env.NAME-default}` has a default for when it is unset, `${env.NAME:-default}` also for when it is empty.
              What nobody defines stays as it is.
            - The launcher, the ApplicationMaster and the proxy may share one file: each knows the others' keys.
            - A key that begins with `sparkconnect.` and is not listed here is refused, and so is a value that is not of its
              kind; all mistakes are said at once, each with its file and line.
            - Durations have a unit: `500ms`, `30s`, `5m`, `2h`, `1d`. Memory sizes are `512m` or `2g`; a bare number is MiB.
            - Where a key ends in `.*`, the rest is yours: `sparkconnect.server.conf.spark.executor.memory`.

            `conf/sparkconnect-default.xml` has the same list with every default.
            """.formatted(REGENERATE);
}
