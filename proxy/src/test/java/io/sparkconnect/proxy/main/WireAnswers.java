/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.WireClient;
import io.sparkconnect.proxy.testkit.WireClient.Answer;
import java.util.UUID;

/** What an answer of the proxy must look like, to the byte: Spark's clients act on no less. */
final class WireAnswers {
    private WireAnswers() {}

    static void isUnavailable(String method, Answer answer) throws Exception {
        agrees(answer, 14);
        RetryInfo retry = answer.detail(RetryInfo.class);
        assertThat(retry).as(method).isNotNull();
        assertThat(retry.getRetryDelay().getSeconds()).isBetween(1L, 60L);
    }

    static void isOperationNotFound(WireClient client) throws Exception {
        UUID session = UUID.randomUUID();
        Answer answer = client.call("ReattachExecute", request(session));
        agrees(answer, 13);
        assertThat(answer.text())
                .startsWith("[INVALID_HANDLE.OPERATION_NOT_FOUND] The handle " + session + " is invalid.");
        assertThat(errorClass(answer)).isEqualTo("INVALID_HANDLE.OPERATION_NOT_FOUND");
    }

    static void isSessionChanged(Answer answer, UUID session, String... words) throws Exception {
        agrees(answer, 13);
        assertThat(answer.text())
                .startsWith("[INVALID_HANDLE.SESSION_CHANGED] The handle " + session + " is invalid.")
                .endsWith("SQLSTATE: 08003")
                .contains(words);
        ErrorInfo info = answer.detail(ErrorInfo.class);
        assertThat(info).isNotNull();
        assertThat(info.getReason()).isEqualTo("org.apache.spark.SparkSQLException");
        assertThat(info.getDomain()).isEqualTo("org.apache.spark");
        assertThat(info.getMetadataMap())
                .containsEntry("errorClass", "INVALID_HANDLE.SESSION_CHANGED")
                .containsEntry("sqlState", "08003")
                .containsEntry("messageParameters", "{\"handle\":\"" + session + "\"}")
                .containsKey("classes")
                .doesNotContainKey("errorId");
    }

    static String errorClass(Answer answer) throws Exception {
        ErrorInfo info = answer.detail(ErrorInfo.class);
        assertThat(info).isNotNull();
        return info.getMetadataOrDefault("errorClass", "");
    }

    static void isReleased(WireClient client, String method, UUID session) {
        Answer answer = client.call(method, request(session));
        assertThat(answer.code()).as(method).isZero();
        assertThat(answer.messages()).as(method).containsExactly(("\n$" + session).getBytes(UTF_8));
    }

    /** grpcio raises an error of its own where the two differ. */
    static void agrees(Answer answer, int code) {
        assertThat(answer.code()).as(answer.text()).isEqualTo(code);
        assertThat(answer.messages()).isEmpty();
        if (answer.details() != null) {
            assertThat(answer.details().getCode()).isEqualTo(code);
            assertThat(answer.details().getMessage()).isEqualTo(answer.text());
        }
    }

    static byte[] request(UUID session) {
        return Grpc.request(session.toString(), "x");
    }
}
