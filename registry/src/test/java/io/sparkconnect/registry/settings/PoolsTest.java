/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.registry.PoolRouting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PoolsTest {
    private final Map<String, SettingValue> given = new LinkedHashMap<>();
    private final List<String> mistakes = new ArrayList<>();

    @Test
    void thereIsOnePoolUnlessMoreAreListed() throws Exception {
        Pools pools = pools();

        assertThat(pools.names()).containsExactly("default");
        assertThat(pools.routing()).isEqualTo(new PoolRouting("default", List.of()));
        assertThat(pools.of("default").get(ServiceSettings.SERVERS_MAX)).isEqualTo(10);
        assertThat(mistakes).isEmpty();
    }

    @Test
    void aPoolHasTheServicesValuesButForItsOwn() throws Exception {
        give("sparkconnect.pools", "etl");
        give("sparkconnect.servers.max", "7");
        give("sparkconnect.server.memory", "2g");
        give("sparkconnect.pool.etl.server.memory", "8g");
        give("sparkconnect.pool.etl.executors.queue", "batch");

        Pools pools = pools();

        assertThat(mistakes).isEmpty();
        assertThat(pools.names()).containsExactly("default", "etl");
        assertThat(pools.of("etl").get(ServiceSettings.SERVERS_MAX)).isEqualTo(7);
        assertThat(pools.of("etl").get(ServiceSettings.SERVER_MEMORY)).isEqualTo(8192);
        assertThat(pools.of("etl").get(ServiceSettings.EXECUTORS_QUEUE)).isEqualTo("batch");
        assertThat(pools.of("default").get(ServiceSettings.SERVER_MEMORY)).isEqualTo(2048);
        assertThat(pools.keyOf("etl", ServiceSettings.SERVER_MEMORY)).isEqualTo("sparkconnect.pool.etl.server.memory");
        assertThat(pools.keyOf("etl", ServiceSettings.SERVERS_MAX)).isEqualTo("sparkconnect.servers.max");
    }

    @Test
    void sparkConfigurationAddsToTheServicesAndAnEmptyValueTakesAKeyOut() throws Exception {
        give("sparkconnect.pools", "etl");
        give("sparkconnect.server.conf.spark.executor.memory", "2g");
        give("sparkconnect.server.conf.spark.ui.enabled", "false");
        give("sparkconnect.pool.etl.server.conf.spark.executor.memory", "8g");
        give("sparkconnect.pool.etl.server.conf.spark.ui.enabled", "");
        give("sparkconnect.pool.etl.server.env.TZ", "UTC");

        Pools pools = pools();

        assertThat(pools.of("etl").get(ServiceSettings.SERVER_CONF))
                .containsExactly(Map.entry("spark.executor.memory", "8g"));
        assertThat(pools.of("etl").get(ServiceSettings.SERVER_ENVIRONMENT)).containsExactly(Map.entry("TZ", "UTC"));
        assertThat(pools.of("default").get(ServiceSettings.SERVER_CONF)).hasSize(2);
    }

    @Test
    void aPoolsOwnSparkStandsInPlaceOfTheServicesWhicheverWayItIsGiven() throws Exception {
        give("sparkconnect.pools", "old");
        give("sparkconnect.spark.archive", "hdfs:///spark-4.tgz");
        give("sparkconnect.pool.old.spark.home", "/opt/spark-3.5");

        Pools pools = pools();

        assertThat(pools.of("old").get(ServiceSettings.SPARK_HOME)).isEqualTo(Optional.of("/opt/spark-3.5"));
        assertThat(pools.of("old").get(ServiceSettings.SPARK_ARCHIVE)).isEmpty();
        assertThat(pools.of("default").get(ServiceSettings.SPARK_ARCHIVE)).contains("hdfs:///spark-4.tgz");
    }

    @Test
    void usersGoByExactNameFirstThenByPatternInTheOrderOfThePools() throws Exception {
        give("sparkconnect.pools", "etl,adhoc");
        give("sparkconnect.pools.default", "adhoc");
        give("sparkconnect.pool.etl.users", "etl-*, nightly");
        give("sparkconnect.pool.adhoc.users", "etl-ann,*-ann");
        give("sparkconnect.pool.default.users", "root");

        PoolRouting routing = pools().routing();

        assertThat(mistakes).isEmpty();
        assertThat(routing.poolOf("etl-ann")).isEqualTo("adhoc");
        assertThat(routing.poolOf("etl-bob")).isEqualTo("etl");
        assertThat(routing.poolOf("etl-x-ann")).isEqualTo("etl");
        assertThat(routing.poolOf("x-ann")).isEqualTo("adhoc");
        assertThat(routing.poolOf("nightly")).isEqualTo("etl");
        assertThat(routing.poolOf("root")).isEqualTo("default");
        assertThat(routing.poolOf("anybody")).isEqualTo("adhoc");
    }

    @Test
    void saysAllThatDoesNotFitTogetherAtOnce() throws Exception {
        give("sparkconnect.pools", "etl,Big One,adhoc,etl");
        give("sparkconnect.pools.default", "adhock");
        give("sparkconnect.pool.etll.servers.max", "3");
        give("sparkconnect.pool.etl.servers.min", "20");
        give("sparkconnect.pool.adhoc.servers.spare", "10");
        give("sparkconnect.pool.etl.users", "ann");
        give("sparkconnect.pool.adhoc.users", "ann");
        give("sparkconnect.pool.adhoc.spark.home", "/opt/spark");
        give("sparkconnect.pool.adhoc.spark.archive", "hdfs:///spark.tgz");

        Pools pools = pools();

        assertThat(pools.names()).containsExactly("default", "etl", "adhoc");
        assertThat(mistakes)
                .containsExactlyInAnyOrder(
                        "sparkconnect.pools: Big One (expected: names like [a-z][a-z0-9-]{0,39}; given in FILE)",
                        "sparkconnect.pools: etl (is listed twice; given in FILE)",
                        "sparkconnect.pools.default: there is no pool adhock (did you mean adhoc? there are: default, etl, adhoc; given in FILE)",
                        "sparkconnect.pool.etll.servers.max: there is no pool etll (did you mean etl? a new one is listed in sparkconnect.pools; given in FILE)",
                        "sparkconnect.servers.max: 10 (expected: at least sparkconnect.pool.etl.servers.min, which is 20)",
                        "sparkconnect.pool.adhoc.servers.spare: 10 (expected: below sparkconnect.servers.max, which is 10)",
                        "sparkconnect.pool.adhoc.users: ann (goes to pool etl already; given in FILE)",
                        "sparkconnect.pool.adhoc.spark.home and sparkconnect.pool.adhoc.spark.archive are both given (expected: one of them)");
    }

    @Test
    void keysOfPoolsAreCheckedOneByOneWhateverPoolsThereAre() {
        give("sparkconnect.pool.etl.servers.maxx", "3");
        give("sparkconnect.pool.etl.servers.max", "many");
        give("sparkconnect.pool.etl.queue", "batch");
        give("sparkconnect.pool.etl.am.memory", "1g");
        give("sparkconnect.pool.ETL.servers.max", "3");
        give("sparkconnect.pool.etl", "3");

        assertThatThrownBy(() -> ServiceSettings.SCHEMA.read(given))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        e -> assertThat(e.mistakes())
                                .containsExactlyInAnyOrder(
                                        "sparkconnect.pool.etl.servers.maxx: 3 (unknown setting of a pool; did you mean sparkconnect.pool.etl.servers.max?; given in FILE)",
                                        "sparkconnect.pool.etl.servers.max: many (expected: number, 1 to 1000; given in FILE)",
                                        "sparkconnect.pool.etl.queue: batch (the servers of all pools are containers of one YARN application, which is in one queue, sparkconnect.queue; expected: sparkconnect.pool.etl.executors.queue, the queue of its servers' own applications; given in FILE)",
                                        "sparkconnect.pool.etl.am.memory: 1g (sparkconnect.am.memory is one for all pools; expected: without the pool's name; given in FILE)",
                                        "sparkconnect.pool.ETL.servers.max: 3 (pool ETL; expected: a name like [a-z][a-z0-9-]{0,39}; given in FILE)",
                                        "sparkconnect.pool.etl: 3 (expected: sparkconnect.pool.NAME.SETTING, such as sparkconnect.pool.etl.servers.max; given in FILE)"));
    }

    @Test
    void everySettingThatAPoolMayHaveIsOneOfTheService() {
        assertThat(PoolSettings.own())
                .doesNotHaveDuplicates()
                .allSatisfy(setting -> assertThat(ServiceSettings.SCHEMA.all()).contains(setting));
    }

    @Test
    void refusesToSpeakOfAPoolThatIsNotThere() throws Exception {
        assertThatThrownBy(() -> pools().of("etl"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pool: etl (expected: one of [default])");
    }

    private void give(String key, String text) {
        given.put(key, new SettingValue(text, "FILE"));
    }

    private Pools pools() throws SettingsException {
        return Pools.of(ServiceSettings.SCHEMA.read(given), mistakes::add);
    }
}
