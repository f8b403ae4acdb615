/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ServiceSettingsTest {
    @Test
    void theServiceKnowsWhereItIsFound() throws SettingsException {
        Settings settings =
                ServiceSettings.SCHEMA.read(Map.of("sparkconnect.service.name", new SettingValue("analytics", "-D")));

        assertThat(settings.get(ServiceSettings.SERVICE_NAME)).isEqualTo("analytics");
        assertThat(settings.get(ServiceSettings.ZOOKEEPER_ROOT)).isEqualTo("/sparkconnect");
    }

    @Test
    void sparkConfigurationKeepsItsOwnKeys() throws SettingsException {
        Settings settings = ServiceSettings.SCHEMA.read(Map.of(
                "sparkconnect.server.conf.spark.executor.memory", new SettingValue("4g", "-D"),
                "sparkconnect.server.env.PYTHONPATH", new SettingValue("/opt/lib", "-D")));

        assertThat(settings.get(ServiceSettings.SERVER_CONF)).isEqualTo(Map.of("spark.executor.memory", "4g"));
        assertThat(settings.get(ServiceSettings.SERVER_ENVIRONMENT)).isEqualTo(Map.of("PYTHONPATH", "/opt/lib"));
    }

    @Test
    void aMistypedKeyIsNamedWithTheRightOne() {
        assertThatThrownBy(() ->
                        ServiceSettings.SCHEMA.read(Map.of("sparkconnect.server.memroy", new SettingValue("2g", "-D"))))
                .hasMessageContaining("did you mean sparkconnect.server.memory? given in -D");
    }

    @Test
    void anOlderProgramTellsWhatANewerOnePutIn() {
        Map<String, String> written = Map.of(
                "sparkconnect.server.memory", "2g",
                "sparkconnect.server.conf.spark.executor.memory", "4g",
                "sparkconnect.server.colour", "blue",
                "sparkconnect.pool.etl.servers.max", "4",
                "sparkconnect.pool.etl.servers.colour", "blue",
                "spark.executor.memory", "4g");

        assertThat(ServiceSettings.SCHEMA.unknownAmong(written))
                .containsExactlyInAnyOrder("sparkconnect.server.colour", "sparkconnect.pool.etl.servers.colour");
    }
}
