/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.hadoop.util.VersionInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "version",
        description = "Shows the versions of this jar, of the Hadoop and of the Java that it runs on.")
final class VersionCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    VersionCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("sparkconnect-yarn", own());
        versions.put("hadoop", VersionInfo.getVersion());
        versions.put("java", Runtime.version().toString());
        new Output(options, surroundings.terminal())
                .show(new Said(
                        versions.entrySet().stream()
                                .map(version -> version.getKey() + " " + version.getValue())
                                .collect(Collectors.joining(System.lineSeparator())),
                        List.of(own()),
                        versions));
        return ExitCode.OK;
    }

    /** From a resource: {@code yarn jar} unpacks the jar, and classes of a directory have no manifest. */
    static String own() throws IOException {
        Properties properties = new Properties();
        try (InputStream resource = VersionCommand.class.getResourceAsStream("version.properties")) {
            if (resource != null) {
                properties.load(resource);
            }
        }
        return properties.getProperty("version", "unknown");
    }
}
