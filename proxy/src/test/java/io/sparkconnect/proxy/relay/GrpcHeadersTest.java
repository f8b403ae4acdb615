/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.route.StatusAnswer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcHeadersTest {
    @ParameterizedTest
    @ValueSource(strings = {"plain text", "100 % — ü\n", "", "%", "%4", "a%zz"})
    void percentEncodingComesBackAsItWas(String text) {
        String encoded = GrpcHeaders.percentEncoded(text);

        assertThat(encoded).matches("[ -~]*");
        assertThat(Probe.percentDecoded(encoded)).isEqualTo(text);
    }

    @Test
    void answersCarryDetailsInUnpaddedBase64() {
        StatusAnswer answer = new StatusAnswer(13, "[X] ü", new byte[] {1}, new byte[0]);

        Http2Headers headers = GrpcHeaders.trailersOnly(answer).fields();

        assertThat(headers.status()).hasToString("200");
        assertThat(headers.get("grpc-status")).isEqualTo("13");
        assertThat(headers.get("grpc-message")).isEqualTo("[X] %C3%BC");
        assertThat(headers.get("grpc-status-details-bin")).isEqualTo("AQ");
    }

    @Test
    void trailersThatAreTooLongKeepTheirStatusWhateverElseGoes() {
        Http2Headers trailers = new DefaultHttp2Headers()
                .set("grpc-status", "13")
                .set("grpc-message", "x".repeat(9000))
                .set("grpc-status-details-bin", "y".repeat(9000));

        Http2Headers fitting =
                ResponseLine.fitting(new HeaderList(trailers), 18_000, 8192L).fields();

        assertThat(fitting.get("grpc-status")).hasToString("13");
        assertThat(fitting.get("grpc-status-details-bin")).isNull();
        assertThat(fitting.get("grpc-message").length()).isLessThan(200);
    }

    @ParameterizedTest
    @CsvSource({"10S, 3, 7000m", "1M, 30, 30000m", "500m, 0, 500m", "100H, 3600, 356400S", "bad, 5, bad", "S, 5, S"})
    void deadlinesShrinkByTheTimeThatARequestWaited(String given, long waitedSeconds, String left) {
        HeaderList headers = new HeaderList(new DefaultHttp2Headers().set("grpc-timeout", given));

        HeaderList reduced =
                GrpcTimeout.reduce(headers, Duration.ofSeconds(waitedSeconds).toNanos());

        assertThat(reduced).isNotNull();
        assertThat(reduced.fields().get("grpc-timeout")).hasToString(left);
        assertThat(headers.fields().get("grpc-timeout"))
                .as("shared with other requests")
                .hasToString(given);
    }

    @Test
    void nothingIsLeftOfADeadlineThatPassed() {
        HeaderList headers = new HeaderList(new DefaultHttp2Headers().set("grpc-timeout", "1S"));

        assertThat(GrpcTimeout.reduce(headers, Duration.ofSeconds(2).toNanos())).isNull();
    }
}
