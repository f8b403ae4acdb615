/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.sparkconnect.registry.JsonCodec;

/** Puts answers on standard output in the form that was asked for. */
final class Output {
    private final CommonOptions options;
    private final Terminal terminal;

    Output(CommonOptions options, Terminal terminal) {
        this.options = options;
        this.terminal = terminal;
    }

    void show(Answer answer) {
        String text = render(answer);
        if (!text.isEmpty()) {
            terminal.data(text);
        }
    }

    /** Without a line break at its end. */
    String render(Answer answer) {
        return switch (options.output()) {
            case table -> answer.text(false, options.headers()).stripTrailing();
            case wide -> answer.text(true, options.headers()).stripTrailing();
            case json -> JsonCodec.encodePretty(answer.records());
            case yaml -> yaml(answer.records()).stripTrailing();
            case name -> String.join(System.lineSeparator(), answer.names());
        };
    }

    private static String yaml(Object records) {
        YAMLMapper yaml = YAMLMapper.builder()
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .build();
        try {
            // By way of JSON, so that both forms have the same fields in the same order.
            return yaml.writeValueAsString(new JsonMapper().readTree(JsonCodec.encodePretty(records)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("no YAML form: " + records, e);
        }
    }
}
