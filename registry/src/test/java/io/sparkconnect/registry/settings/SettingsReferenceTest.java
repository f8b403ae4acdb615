/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsReferenceTest {
    /** Tests run in the module's directory. */
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    Path folder;

    @Test
    void theCommittedFilesAreWhatTheDeclarationsSay() throws Exception {
        for (Map.Entry<String, String> file :
                SettingsReference.files(SettingsReference.CHAPTERS).entrySet()) {
            assertThat(PROJECT.resolve(file.getKey()))
                    .as("run: mvn -q -pl registry compile exec:java@settings-reference")
                    .hasContent(file.getValue());
        }
    }

    @Test
    void theDefaultFileReadsAsTheDefaults() throws Exception {
        SettingsReference.main(new String[] {folder.toString()});
        Map<String, SettingValue> given = SiteConfiguration.ofProcess()
                .addFile(folder.resolve("conf/sparkconnect-default.xml"))
                .values();

        for (SettingsReference.Chapter chapter : SettingsReference.CHAPTERS) {
            SettingsSchema[] all = SettingsReference.CHAPTERS.stream()
                    .map(SettingsReference.Chapter::schema)
                    .toArray(SettingsSchema[]::new);
            Settings read = chapter.schema().read(given, all);
            Settings defaults = chapter.schema().read(Map.of());
            for (Setting<?> setting : chapter.schema().all()) {
                assertThat((Object) read.get(setting)).as(setting.name()).isEqualTo(defaults.get(setting));
            }
        }
    }

    @Test
    void thePageHasEachSettingOnceWithDefaultKindAndDescription() throws Exception {
        SettingsReference.main(new String[] {folder.toString()});
        List<String> lines = Files.readAllLines(folder.resolve("docs/configuration.md"));

        Set<String> names = new HashSet<>();
        for (SettingsReference.Chapter chapter : SettingsReference.CHAPTERS) {
            for (Setting<?> setting : chapter.schema().all()) {
                names.add(setting.name());
                assertThat(lines)
                        .filteredOn(line -> line.startsWith("| `" + setting.name() + "` |"))
                        .singleElement()
                        .asString()
                        .contains(setting.defaultText())
                        .contains(setting.description());
            }
        }
        assertThat(names).hasSizeGreaterThan(30);
    }
}
