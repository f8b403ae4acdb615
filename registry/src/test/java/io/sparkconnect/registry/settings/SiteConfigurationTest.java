/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiteConfigurationTest {
    @TempDir
    Path folder;

    private final SiteConfiguration configuration =
            new SiteConfiguration(Map.of("user.name", "alice")::get, Map.of("HOST", "node1", "EMPTY", "")::get);

    @Test
    void readsPropertiesWithTheirLines() throws Exception {
        Path file = file("a-site.xml", """
                <?xml version="1.0"?>
                <?xml-stylesheet type="text/xsl" href="configuration.xsl"?>
                <!-- site -->
                <configuration>
                  <property>
                    <name> x </name>
                    <value>1 &lt; 2 <!-- why --> <![CDATA[& more]]></value>
                    <description>Not <b>our</b> business.</description>
                  </property>
                  <property name="y" value="2"/>
                  <property><name>z</name><value/></property>
                </configuration>
                """);

        Map<String, SettingValue> values = configuration.addFile(file).values();

        assertThat(values).containsOnlyKeys("x", "y", "z");
        assertThat(values.get("x")).isEqualTo(new SettingValue("1 < 2  & more", file + ", line 5"));
        assertThat(values.get("y")).isEqualTo(new SettingValue("2", file + ", line 10"));
        assertThat(values.get("z")).isEqualTo(new SettingValue("", file + ", line 11"));
    }

    @Test
    void laterFilesWinUnlessAnEarlierOneIsFinal() throws Exception {
        Path first = properties(
                "first.xml", "<name>a</name><value>1</value>", "<name>b</name><value>1</value><final>true</final>");
        Path second = properties("second.xml", "<name>a</name><value>2</value>", "<name>b</name><value>2</value>");

        configuration.addFile(first).addFile(second);

        assertThat(texts()).isEqualTo(Map.of("a", "2", "b", "1"));
        configuration.set("b", "3", "-D");
        assertThat(configuration.values().get("b")).isEqualTo(new SettingValue("3", "-D"));
    }

    @Test
    void variablesAreReplacedByKeysPropertiesAndTheEnvironment() throws Exception {
        configuration.set("root", "/data", "-D");
        configuration.set("dir", "${root}/${user.name}", "-D");
        configuration.set("file", "${dir}/x on ${env.HOST}", "-D");
        configuration.set("unset", "${env.NONE-a}${env.NONE:-b}${env.EMPTY-c}${env.EMPTY:-d}", "-D");
        configuration.set("kept", "${nobody.knows} ${env.NONE} $5 ${", "-D");

        assertThat(texts())
                .containsEntry("file", "/data/alice/x on node1")
                .containsEntry("unset", "abd")
                .containsEntry("kept", "${nobody.knows} ${env.NONE} $5 ${");
    }

    @Test
    void aCircleOfVariablesIsSaid() {
        configuration
                .set("a", "${b}", "-D")
                .set("b", "${c}", "-D")
                .set("c", "${a}", "-D")
                .set("twice", "${d}${d}", "-D");
        configuration.set("d", "ok", "-D");

        assertThat(mistakes()).hasSize(3).first().asString().contains("a: ${a} leads back to itself: a → b → c");
    }

    @Test
    void aMissingFileIsSaid() {
        configuration.addFile(folder.resolve("none.xml"));

        assertThat(mistakes()).singleElement().asString().contains("none.xml").contains("cannot be read");
    }

    @Test
    void everyMistakeInEveryFileIsSaidWithItsLine() throws Exception {
        Path first = file("first.xml", """
                <configuration>
                  <property>
                    <name>a</name>
                    <vlaue>1</vlaue>
                  </property>
                  <propety/>
                  <property><value>1</value></property>
                </configuration>
                """);
        Path second = file("second.xml", "<configuration>\n<property>\n<name>a</value>\n");
        Path third = file("third.xml", "<config/>");

        configuration.addFile(first).addFile(second).addFile(third);

        assertThat(mistakes())
                .hasSize(6)
                .anyMatch(line -> line.startsWith(first + ", line 4: <vlaue>"))
                .anyMatch(line -> line.startsWith(first + ", line 2: a has no <value>"))
                .anyMatch(line -> line.startsWith(first + ", line 6: <propety>"))
                .anyMatch(line -> line.startsWith(first + ", line 7: a property without a name"))
                .anyMatch(line -> line.startsWith(second + ", line 3: not well-formed XML"))
                .anyMatch(line -> line.startsWith(third + ", line 1: <config> (expected: <configuration>)"));
    }

    @Test
    void neitherReadsOtherFilesNorGrowsByEntities() throws Exception {
        Path secret = file("secret.txt", "TOP-SECRET");
        Path outside = file(
                "outside.xml",
                "<!DOCTYPE c [<!ENTITY e SYSTEM \"" + secret.toUri() + "\">]>\n"
                        + "<configuration><property><name>a</name><value>&e;</value></property></configuration>");
        Path laughs = file(
                "laughs.xml",
                "<!DOCTYPE c [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>\n"
                        + "<configuration><property><name>a</name><value>&c;</value></property></configuration>");
        Path include = file(
                "include.xml",
                "<configuration xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"" + secret.toUri()
                        + "\"/></configuration>");

        configuration.addFile(outside).addFile(laughs).addFile(include);

        assertThat(mistakes())
                .noneMatch(line -> line.contains("TOP-SECRET") || line.contains("haha"))
                .anyMatch(line -> line.startsWith(outside + ", line 1: a DOCTYPE is not allowed"))
                .anyMatch(line -> line.startsWith(laughs + ", line 1: a DOCTYPE is not allowed"))
                .anyMatch(line -> line.startsWith(include + ", line 1: <include>"));
    }

    @Test
    void anEmptyFileIsNoConfiguration() throws Exception {
        configuration.addFile(file("empty.xml", ""));

        assertThat(mistakes()).singleElement().asString().contains("empty.xml").contains("not well-formed");
    }

    private Map<String, String> texts() throws SettingsException {
        Map<String, String> texts = new java.util.TreeMap<>();
        configuration.values().forEach((key, value) -> texts.put(key, value.text()));
        return texts;
    }

    private List<String> mistakes() {
        return catchThrowableOfType(SettingsException.class, configuration::values)
                .mistakes();
    }

    private Path properties(String name, String... properties) throws IOException {
        return file(
                name,
                "<configuration><property>" + String.join("</property><property>", properties)
                        + "</property></configuration>");
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
