/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientTypeTest {
    @ParameterizedTest
    @CsvSource({
        "_SPARK_CONNECT_PYTHON spark/4.0.0 os/linux python/3.11.2, true",
        "_SPARK_CONNECT_PYTHON spark/10.1.0 os/linux python/3.11.2, true",
        "_SPARK_CONNECT_SCALA spark/4.3.0-SNAPSHOT os/linux jvm/17.0.15 scala/2.13.16, true",
        "nightly job spark/1.0 _SPARK_CONNECT_PYTHON spark/4.1.1 os/linux python/3.12, true",
        "_SPARK_CONNECT_PYTHON spark/3.5.9 os/linux python/3.11.2, false",
        "nightly job spark/4.0 _SPARK_CONNECT_PYTHON spark/3.5.9 os/linux, false",
        "_SPARK_CONNECT_PYTHON, false",
        "_SPARK_CONNECT_PYTHON spark/, false",
        "_SPARK_CONNECT_PYTHON spark/4, false",
        "spark/4.0.0, false",
        "spark-connect-go, false",
        "'', false"
    })
    void tellsWhichClientsSayWhatTheyHaveSeen(String clientType, boolean says) {
        assertThat(ClientType.namesSpark4(clientType.getBytes(UTF_8))).isEqualTo(says);
    }
}
