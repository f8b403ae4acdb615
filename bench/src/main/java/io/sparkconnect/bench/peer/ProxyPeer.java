/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Our proxy, stand-alone, started by the script that it ships with, so that what is measured is what operators run. The JVM
 * options come behind the shipped ones and win over them.
 *
 * @param jar another build than the checkout's, to compare the two in one run; null for the checkout's
 */
record ProxyPeer(String label, Path root, @Nullable Path jar, List<String> jvmOptions, List<String> arguments)
        implements Peer {
    /** The scenarios make sessions by the ten thousands, and several proxies run at once. */
    private static final List<String> FOR_THE_BENCH =
            List.of("-Dsparkconnect.proxy.servers.sessions=100000", "-Dsparkconnect.proxy.admin.listen=127.0.0.1:0");

    ProxyPeer {
        jvmOptions = List.copyOf(jvmOptions);
        arguments = List.copyOf(arguments);
    }

    @Override
    public @Nullable String missing() {
        return theJar().isPresent()
                ? null
                : "no " + (jar == null ? "proxy/target/sparkconnect-proxy-*.jar" : jar)
                        + " (mvn -pl proxy -am package -DskipTests)";
    }

    @Override
    public String description() {
        List<String> command = new ArrayList<>(script());
        command.addAll(List.of("--dry-run", "run"));
        command.addAll(arguments);
        return Programs.firstLine(command)
                .replace(String.valueOf(root.toAbsolutePath().normalize()) + "/", "")
                .replaceFirst("^\\S*/java ", "java ");
    }

    @Override
    public boolean remembersSessions() {
        return true;
    }

    @Override
    public RunningPeer start(List<InetSocketAddress> servers, Placement placement, Path directory) throws IOException {
        int port = RunningPeer.freePort();
        List<String> command = new ArrayList<>(script());
        command.addAll(List.of("run", "--listen", "127.0.0.1:" + port, "--servers"));
        command.add(
                servers.stream().map(server -> "127.0.0.1:" + server.getPort()).collect(Collectors.joining(",")));
        command.addAll(FOR_THE_BENCH);
        command.addAll(arguments);
        return RunningPeer.launch(this, command, placement, port, false, directory.resolve(label + ".log"));
    }

    /** The script with its environment; it becomes the proxy's process. */
    private List<String> script() {
        return List.of(
                "env",
                "JAVA_HOME=" + System.getProperty("java.home"),
                "SPARKCONNECT_PROXY_JAR=" + theJar().orElseThrow().toAbsolutePath(),
                "SPARKCONNECT_PROXY_OPTS=" + String.join(" ", jvmOptions),
                root.resolve("scripts/sparkconnect-proxy.sh").toString());
    }

    private Optional<Path> theJar() {
        if (jar != null) {
            return Files.isReadable(jar) ? Optional.of(jar) : Optional.empty();
        }
        Path target = root.resolve("proxy/target");
        if (!Files.isDirectory(target)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(target, "sparkconnect-proxy-*.jar")) {
            for (Path jar : jars) {
                String name = String.valueOf(jar.getFileName());
                if (!name.endsWith("-tests.jar") && !name.endsWith("-sources.jar")) {
                    return Optional.of(jar);
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
