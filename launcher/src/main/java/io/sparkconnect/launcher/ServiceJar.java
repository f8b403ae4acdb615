/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.LaunchContract;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;

/**
 * The jar that this command runs from. {@code yarn jar} unpacks it and loads classes from the copy, so the jar itself is
 * found as another place of the same class.
 *
 * @param file the shaded jar
 */
record ServiceJar(Path file) {
    static Optional<ServiceJar> running() throws IOException {
        String self = Launcher.class.getName().replace('.', '/') + ".class";
        for (URL place : Collections.list(Launcher.class.getClassLoader().getResources(self))) {
            URLConnection connection = place.openConnection();
            if (connection instanceof JarURLConnection inJar) {
                try {
                    return Optional.of(
                            new ServiceJar(Path.of(inJar.getJarFileURL().toURI())));
                } catch (java.net.URISyntaxException e) {
                    throw new IOException("a jar on the class path has no path: " + place, e);
                }
            }
        }
        return Optional.empty();
    }

    InputStream openService() throws IOException {
        return Files.newInputStream(file);
    }

    InputStream openAgent() throws IOException {
        InputStream agent = Launcher.class.getResourceAsStream(LaunchContract.AGENT_JAR);
        if (agent == null) {
            throw new IOException(file + " carries no " + LaunchContract.AGENT_JAR + ": it was not built completely");
        }
        return agent;
    }
}
