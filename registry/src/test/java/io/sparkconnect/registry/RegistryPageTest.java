/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The published layout: each example of docs/registry.md is a record of ours, with all its fields and no other. */
class RegistryPageTest {
    private static final Path PAGE = Path.of("..", "docs", "registry.md");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @ParameterizedTest
    @CsvSource({
        "spec, io.sparkconnect.registry.ServiceSpec",
        "status, io.sparkconnect.registry.ServiceStatus",
        "epoch, io.sparkconnect.registry.zookeeper.Epoch",
        "slots/<slot>, io.sparkconnect.registry.SlotRecord",
        "servers/<server id>, io.sparkconnect.registry.ServerRecord",
        "deaths/<server id>, io.sparkconnect.registry.DeathCertificate",
        "sessions/<bucket>/<key>, io.sparkconnect.registry.SessionBinding",
        "kills/<kill id>, io.sparkconnect.registry.SessionKill",
        "proxies/<proxy id>, io.sparkconnect.registry.ProxyRecord"
    })
    void eachExampleIsTheRecordOfItsNode(String node, String type) throws Exception {
        String example = exampleOf(node);

        Record record = JsonCodec.decode(
                example.getBytes(StandardCharsets.UTF_8),
                Class.forName(type).asSubclass(Record.class),
                PAGE.toString());

        JsonNode written = MAPPER.readTree(JsonCodec.encode(record));
        assertThat(written).isEqualTo(MAPPER.readTree(example));
    }

    @ParameterizedTest
    @EnumSource(DeathCause.class)
    void eachCauseIsNamed(DeathCause cause) throws Exception {
        assertThat(Files.readString(PAGE)).contains("`" + cause + "`");
    }

    private static String exampleOf(String node) throws Exception {
        Matcher example = Pattern.compile(
                        "## `" + Pattern.quote(node) + "`[^\\n]*\\n.*?```json\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PAGE));
        assertThat(example.find()).as("an example for " + node).isTrue();
        return example.group(1);
    }
}
