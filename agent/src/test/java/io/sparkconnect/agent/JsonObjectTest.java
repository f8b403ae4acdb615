/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonObjectTest {
    @Test
    void keepsTheOrderOfItsFields() {
        JsonObject json = new JsonObject().put("z", 1).put("a", true).put("m", "text");

        assertThat(json).hasToString("{\"z\":1,\"a\":true,\"m\":\"text\"}");
    }

    @Test
    void escapesWhatJsonDoesNotTakeAsItIs() {
        JsonObject json = new JsonObject().put("reason", "a \"quoted\" C:\\path\nline\ttab\u0001 Grüße");

        assertThat(json).hasToString("{\"reason\":\"a \\\"quoted\\\" C:\\\\path\\nline\\ttab\\u0001 Grüße\"}");
    }

    @Test
    void survivesHalfOfASurrogatePair() {
        assertThat(new JsonObject().put("s", "x\ud83d")).hasToString("{\"s\":\"x\\ud83d\"}");
    }

    @Test
    void isAnEmptyObjectWithoutFields() {
        assertThat(new JsonObject()).hasToString("{}");
    }
}
