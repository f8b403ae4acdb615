/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.sql.connect.service.SparkConnectService$;
import org.apache.spark.sql.connect.service.SparkListenerConnectServiceStarted;
import org.junit.jupiter.api.Test;

/** What the agent finds in Spark by name. */
class ReflectionTest {
    private final ReflectedConnectServer server = new ReflectedConnectServer(ReflectionTest.class.getClassLoader());

    @Test
    void hasNoPortBeforeTheServerIsUp() {
        SparkConnectService$.MODULE$.port = 0;
        assertThat(server.boundPort()).isEmpty();

        SparkConnectService$.MODULE$.port = 40123;
        assertThat(server.boundPort()).hasValue(40123);
    }

    @Test
    void countsWhatSparkLists() {
        assertThat(server.load()).isEqualTo(new Load(0, 0));
    }

    @Test
    void stopsWithTheGraceInMilliseconds() {
        server.stop(Duration.ofMillis(2500));

        assertThat(SparkConnectService$.MODULE$.stopped).isEqualTo("2500 MILLISECONDS");
    }

    @Test
    void livesWithASparkThatHasNoConnectServer() throws Exception {
        try (URLClassLoader empty = new URLClassLoader(new URL[0], null)) {
            ReflectedConnectServer without = new ReflectedConnectServer(empty);

            assertThat(without.boundPort()).isEmpty();
            assertThat(without.load()).isEqualTo(Load.UNKNOWN);
            without.stop(Duration.ZERO);
        }
    }

    @Test
    void hearsThePortFromSparksEventAndIgnoresOthers() {
        List<Integer> ports = new ArrayList<>();
        BoundPortListener listener = new BoundPortListener(ports::add);

        listener.onOtherEvent(new SparkListenerEvent() {});
        listener.onOtherEvent(new SparkListenerConnectServiceStarted("node-1", 40123, 0));

        assertThat(ports).containsExactly(40123);
    }
}
