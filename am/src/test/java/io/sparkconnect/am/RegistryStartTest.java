/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.am.core.Specs;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.ServiceSettings;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which spec a new attempt begins with. */
class RegistryStartTest {
    @TempDir
    java.nio.file.Path staging;

    private LastGoodSpec lastGood;

    /** Null while the registry has none. */
    private @Nullable ServiceSpec written;

    @BeforeEach
    void lookIntoStaging() {
        lastGood = new LastGoodSpec(new Configuration(), new Path(staging.toUri()));
    }

    @Test
    void takesTheRegistrysSpecWithWhatANewerLauncherPutIn() throws Exception {
        written = with("sparkconnect.server.colour", "blue", 5);

        RegistryStart start = read(Duration.ZERO);

        assertThat(start.spec().generation()).isEqualTo(5);
        assertThat(start.settings().get(ServiceSettings.HEALTH_FAILURES)).isEqualTo(3);
    }

    @Test
    void goesOnWithTheLastSpecThatWasFollowedWhereTheRegistrysCannotBe() throws Exception {
        keep(Specs.servers(2, 4));
        written = with(ServiceSettings.HEALTH_FAILURES.name(), "thrice", 5);

        assertThat(read(Duration.ofMinutes(1)).spec()).isEqualTo(Specs.servers(2, 4));
    }

    @Test
    void goesOnWithTheLastSpecThatWasFollowedWhereTheRegistryWasWiped() throws Exception {
        keep(Specs.servers(2, 4));

        assertThat(read(Duration.ofMinutes(1)).spec()).isEqualTo(Specs.servers(2, 4));
    }

    @Test
    void saysWhatIsWrongWhereThereIsNoSpecAtAll() {
        written = with(ServiceSettings.HEALTH_FAILURES.name(), "thrice", 1);
        assertThatThrownBy(() -> read(Duration.ZERO))
                .isInstanceOf(RegistryStart.NoSpecException.class)
                .hasMessageContaining("sparkconnect.server.health.failures: thrice");

        written = null;
        assertThatThrownBy(() -> read(Duration.ZERO))
                .isInstanceOf(RegistryStart.NoSpecException.class)
                .hasMessageContaining("the service's spec cannot be used: there is none");
    }

    private RegistryStart read(Duration usableWithin) throws Exception {
        return RegistryStart.read(registry(), 2, lastGood, usableWithin);
    }

    private static ServiceSpec with(String key, String text, long generation) {
        Map<String, String> settings = new HashMap<>();
        settings.put(key, text);
        return Specs.servers(1, generation).withSettings(settings);
    }

    private void keep(ServiceSpec spec) throws InterruptedException {
        Thread writes = new Thread(() -> {
            try {
                lastGood.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        writes.start();
        lastGood.keep(spec);
        await().until(() -> lastGood.read().isPresent());
        writes.interrupt();
        writes.join(10_000);
    }

    private ApplicationMasterRegistry registry() {
        return (ApplicationMasterRegistry) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ApplicationMasterRegistry.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "claim" -> null;
                    case "readSpec" -> {
                        if (written == null) {
                            throw new RegistryDataException("there is none", null);
                        }
                        yield written;
                    }
                    case "readSlots" -> List.of();
                    case "readServers", "readDeaths" -> Map.of();
                    case "readStatus" -> Optional.empty();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
