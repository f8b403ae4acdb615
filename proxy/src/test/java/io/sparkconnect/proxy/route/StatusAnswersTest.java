/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusAnswersTest {
    private static final SessionKey SESSION = new SessionKey("anna", "6fd6a5b5-b4e6-4d3b-a7b4-1f6d9f3a2a11");

    @Test
    void tellsAChangedSessionInTheShapeThatMakesClientsGiveItUp() throws InvalidProtocolBufferException {
        StatusAnswer answer = StatusAnswers.sessionChanged(SESSION, "The server is gone.");

        Status status = Status.parseFrom(answer.details());
        assertThat(answer.code()).isEqualTo(13);
        assertThat(status.getCode()).isEqualTo(13);
        assertThat(answer.message())
                .isEqualTo("[INVALID_HANDLE.SESSION_CHANGED] The handle " + SESSION.sessionId()
                        + " is invalid. The server is gone. SQLSTATE: 08003");
        assertThat(status.getMessage()).isEqualTo(answer.message());
        assertThat(status.getDetailsList()).hasSize(1);
        ErrorInfo info = status.getDetails(0).unpack(ErrorInfo.class);
        assertThat(info.getReason()).isEqualTo("org.apache.spark.SparkSQLException");
        assertThat(info.getDomain()).isEqualTo("org.apache.spark");
        assertThat(info.getMetadataMap())
                .containsOnlyKeys("classes", "errorClass", "messageParameters", "sqlState")
                .containsEntry("errorClass", "INVALID_HANDLE.SESSION_CHANGED")
                .containsEntry("sqlState", "08003")
                .containsEntry("messageParameters", "{\"handle\":\"" + SESSION.sessionId() + "\"}");
        assertThat(info.getMetadataOrThrow("classes")).startsWith("[\"org.apache.spark.SparkSQLException\",");
        assertThat(answer.responseMessage()).isEmpty();
    }

    @Test
    void writesTheSameBytesAsProtobuf() throws InvalidProtocolBufferException {
        StatusAnswer answer = StatusAnswers.sessionChanged(SESSION, "Gone.");
        Status status = Status.parseFrom(answer.details());

        ErrorInfo info = status.getDetails(0).unpack(ErrorInfo.class);
        Status rebuilt = Status.newBuilder()
                .setCode(13)
                .setMessage(answer.message())
                .addDetails(Any.pack(info))
                .build();

        assertThat(rebuilt.getUnknownFields()).isEqualTo(UnknownFieldSet.getDefaultInstance());
        assertThat(Status.parseFrom(rebuilt.toByteArray())).isEqualTo(status);
        assertThat(answer.details()).hasSameSizeAs(rebuilt.toByteArray());
    }

    @Test
    void tellsAMissingOperation() throws InvalidProtocolBufferException {
        StatusAnswer answer = StatusAnswers.operationNotFound(SESSION);

        Status status = Status.parseFrom(answer.details());
        assertThat(answer.code()).isEqualTo(13);
        assertThat(status.getMessage()).isEqualTo(answer.message()).contains("INVALID_HANDLE.OPERATION_NOT_FOUND");
        assertThat(status.getDetails(0).unpack(ErrorInfo.class).getMetadataMap())
                .containsEntry("errorClass", "INVALID_HANDLE.OPERATION_NOT_FOUND");
    }

    @Test
    void asksToTryAgainWithRetryInfo() throws InvalidProtocolBufferException {
        for (StatusAnswer answer : List.of(
                StatusAnswers.unavailable("No server.", Duration.ofMillis(5_250)),
                StatusAnswers.resourceExhausted("Full.", Duration.ofMillis(5_250)))) {
            Status status = Status.parseFrom(answer.details());
            assertThat(status.getCode()).isEqualTo(answer.code());
            assertThat(status.getMessage()).isEqualTo(answer.message());
            RetryInfo retry = status.getDetails(0).unpack(RetryInfo.class);
            assertThat(retry.getRetryDelay())
                    .isEqualTo(com.google.protobuf.Duration.newBuilder()
                            .setSeconds(5)
                            .setNanos(250_000_000)
                            .build());
        }
        assertThat(StatusAnswers.unavailable("", Duration.ofSeconds(1)).code()).isEqualTo(14);
        assertThat(StatusAnswers.resourceExhausted("", Duration.ofSeconds(1)).code())
                .isEqualTo(8);
    }

    @Test
    void releasesWithTheSessionIdAndNothingElse() throws InvalidProtocolBufferException {
        StatusAnswer answer = StatusAnswers.released(SESSION);

        UnknownFieldSet response = UnknownFieldSet.parseFrom(answer.responseMessage());
        assertThat(answer.code()).isZero();
        assertThat(answer.message()).isEmpty();
        assertThat(answer.details()).isEmpty();
        assertThat(response.asMap()).containsOnlyKeys(1);
        assertThat(response.getField(1).getLengthDelimitedList().get(0).toStringUtf8())
                .isEqualTo(SESSION.sessionId());
    }

    @Test
    void hasNoDetailsWhereClientsNeedNone() {
        assertThat(StatusAnswers.invalidArgument("No.")).satisfies(answer -> {
            assertThat(answer.code()).isEqualTo(3);
            assertThat(answer.details()).isEmpty();
        });
        assertThat(StatusAnswers.unimplemented("No.").code()).isEqualTo(12);
        assertThat(StatusAnswers.resourceExhausted("No.").details()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "é", "€", "\uD83D\uDE00", "%", "\n", "\uD83D"})
    void staysBelowEightKibibytesOfTrailersAndCutsBetweenCharacters(String letter) throws Exception {
        SessionKey worst = new SessionKey("anna", letter.repeat(300));
        for (int shift = 0; shift < 4; shift++) {
            String text = "x".repeat(shift) + letter.repeat(5000);
            for (StatusAnswer answer : List.of(
                    StatusAnswers.sessionChanged(worst, text),
                    StatusAnswers.operationNotFound(worst),
                    StatusAnswers.unavailable(text, Duration.ofDays(1)))) {
                String decoded = Status.parseFrom(answer.details()).getMessage();
                assertThat(answer.message().length()).isLessThanOrEqualTo(2048);
                assertThat(decoded.getBytes(UTF_8)).isEqualTo(answer.message().getBytes(UTF_8));
                assertThat(trailerBytes(answer)).isLessThan(8 * 1024);
                if (letter.length() == 2) {
                    assertThat(answer.message()).doesNotContain("?").matches(StatusAnswersTest::hasWholeCharacters);
                }
            }
        }
    }

    @Test
    void namesWhatIsKnownOfADeath() {
        DeathCertificate full = new DeathCertificate(
                "container_1",
                "default",
                "default-0",
                "node-3",
                DeathCause.CONTAINER_MEMORY_EXCEEDED,
                -104,
                "diagnostics",
                List.of("last line"),
                "raise sparkconnect.server.memory.overhead",
                "http://logs",
                0);
        DeathCertificate bare = new DeathCertificate(
                "container_2", "default", "default-1", null, DeathCause.UNKNOWN, null, "", List.of(), null, null, 0);

        assertThat(DeathNotice.text("container_1", full))
                .startsWith("Spark Connect server container_1 on node-3 is gone: YARN killed the container because it "
                        + "used more memory than it had asked for, exit status -104. "
                        + "Remedy: raise sparkconnect.server.memory.overhead. Logs: http://logs")
                .endsWith("Create a new session: SparkSession.builder.getOrCreate().");
        assertThat(DeathNotice.text("container_2", bare))
                .startsWith("Spark Connect server container_2 is gone: it ended for a reason that could not be found")
                .doesNotContain("null");
        assertThat(DeathNotice.text("container_3", null)).doesNotContain("null");
    }

    private static boolean hasWholeCharacters(String text) {
        return text.equals(new String(text.getBytes(UTF_8), UTF_8));
    }

    /** As HTTP/2 counts them before compression: name, value and 32 bytes each. */
    private static int trailerBytes(StatusAnswer answer) {
        int message = 0;
        for (byte b : answer.message().getBytes(UTF_8)) {
            message += b >= 0x20 && b <= 0x7e && b != '%' ? 1 : 3;
        }
        int details = Base64.getEncoder().encode(answer.details()).length;
        return "grpc-status".length()
                + 2
                + "grpc-message".length()
                + message
                + "grpc-status-details-bin".length()
                + details
                + 3 * 32;
    }
}
