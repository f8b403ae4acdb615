/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * The world as commands see it.
 *
 * @param environment of the process
 * @param terminal where to speak
 * @param clock time
 * @param pause how to wait
 * @param yarn connects to YARN
 * @param registry opens the service's registry
 * @param serviceJar the jar that runs
 * @param interrupts what to say when the user presses Ctrl-C
 */
record Surroundings(
        Map<String, String> environment,
        Terminal terminal,
        Clock clock,
        Pause pause,
        Yarn yarn,
        Registry registry,
        Jar serviceJar,
        Interrupts interrupts) {
    interface Pause {
        void sleep(Duration duration) throws InterruptedException;
    }

    interface Yarn {
        ClusterView connect(Configuration conf);
    }

    interface Registry {
        OperatorRegistry open(Settings settings) throws CommandException;
    }

    interface Jar {
        Optional<ServiceJar> find() throws IOException;
    }

    interface Interrupts {
        /** Says the text when the process is interrupted before the answer is closed. */
        Watch onInterrupt(Runnable speak);

        interface Watch extends AutoCloseable {
            @Override
            void close();
        }
    }
}
