/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListedServerTest {
    @ParameterizedTest
    @CsvSource({
        "h:15002, 1, h:15002",
        "h:15002*3, 3, h:15002*3",
        "[::1]:1 * 0, 0, [::1]:1*0",
        "h:1*1000, 1000, h:1*1000"
    })
    void readsAddressAndWeight(String text, int weight, String asShown) {
        ListedServer server = ListedServer.parse(text);

        assertThat(server.weight()).isEqualTo(weight);
        assertThat(server).hasToString(asShown);
    }

    @ParameterizedTest
    @CsvSource({
        "h:1, default, h:1",
        "h:1@etl, etl, h:1@etl",
        "h:1*2@etl, etl, h:1*2@etl",
        "h:1*2 @ default, default, h:1*2"
    })
    void readsThePool(String text, String pool, String asShown) {
        ListedServer server = ListedServer.parse(text);

        assertThat(server.pool()).isEqualTo(pool);
        assertThat(server).hasToString(asShown);
    }

    @Test
    void saysWhatAPoolLooksLike() {
        assertThatThrownBy(() -> ListedServer.parse("h:1@ETL"))
                .hasMessage(
                        "h:1@ETL (expected: HOST:PORT, HOST:PORT*WEIGHT, HOST:PORT@POOL or HOST:PORT*WEIGHT@POOL with a"
                                + " pool like [a-z][a-z0-9-]{0,39})");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h:15002*", "h:15002*-1", "h:15002*1001", "h:15002*two", "h:15002*2*3"})
    void saysWhichWeightsThereAre(String text) {
        assertThatThrownBy(() -> ListedServer.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(text + " (expected: HOST:PORT*WEIGHT with a weight from 0 to 1000)");
    }

    @Test
    void saysWhatAnAddressLooksLike() {
        assertThatThrownBy(() -> ListedServer.parse("h*2"))
                .hasMessage("h (expected: HOST:PORT with a port from 1 to 65535)");
    }
}
