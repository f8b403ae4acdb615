/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.SettingChanges;
import io.sparkconnect.registry.settings.SettingValue;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.settings.SettingsException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No setting may be changed in a running service without that anything comes of it. */
class PolicyTest {
    private static final List<String> OTHER_VALUES = List.of("7m", "7s", "7");

    /** All that `set` takes without a warning and that is not of a pool. */
    static Stream<Setting<?>> whatTheApplicationMasterFollowsAtOnce() {
        Set<Setting<?>> others = new HashSet<>(SettingChanges.ofEachPool());
        others.addAll(SettingChanges.OF_POOLS);
        others.addAll(SettingChanges.ONLY_AT_LAUNCH);
        others.addAll(SettingChanges.FROM_THE_NEXT_ATTEMPT);
        return ServiceSettings.SCHEMA.all().stream().filter(setting -> !others.contains(setting));
    }

    @ParameterizedTest
    @MethodSource("whatTheApplicationMasterFollowsAtOnce")
    void followsTheSettingAsItIsNow(Setting<?> setting) throws SettingsException {
        Policy usual = Policy.of(ServiceSettings.SCHEMA.read(Map.of()));

        assertThat(Policy.of(withAnotherValueOf(setting))).isNotEqualTo(usual);
    }

    private static Settings withAnotherValueOf(Setting<?> setting) throws SettingsException {
        Settings usual = ServiceSettings.SCHEMA.read(Map.of());
        for (String text : OTHER_VALUES) {
            try {
                Settings other =
                        ServiceSettings.SCHEMA.read(Map.of(setting.name(), new SettingValue(text, "this test")));
                if (!other.get(setting).equals(usual.get(setting))) {
                    return other;
                }
            } catch (SettingsException e) {
                assertThat(e.mistakes()).singleElement().asString().startsWith(setting.name());
            }
        }
        throw new AssertionError(setting + " takes none of " + OTHER_VALUES + ": give it one that it takes");
    }
}
