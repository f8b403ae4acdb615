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

/** Our proxy, stand-alone, with some JVM options: an engine, an allocator, a collector. */
record ProxyPeer(String label, Path root, List<String> jvmOptions, List<String> arguments) implements Peer {
    /** The scenarios make sessions by the ten thousands, and several proxies run at once. */
    private static final List<String> FOR_THE_BENCH =
            List.of("-Dsparkconnect.proxy.servers.sessions=100000", "-Dsparkconnect.proxy.admin.listen=127.0.0.1:0");

    ProxyPeer {
        jvmOptions = List.copyOf(jvmOptions);
        arguments = List.copyOf(arguments);
    }

    @Override
    public @Nullable String missing() {
        return jar().isPresent()
                ? null
                : "no proxy/target/sparkconnect-proxy-*.jar (mvn -pl proxy -am package -DskipTests)";
    }

    @Override
    public String description() {
        return "sparkconnect-proxy; java " + String.join(" ", jvmOptions)
                + (arguments.isEmpty() ? "" : "; " + String.join(" ", arguments));
    }

    @Override
    public RunningPeer start(List<InetSocketAddress> servers, Placement placement, Path directory) throws IOException {
        int port = RunningPeer.freePort();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(List.of("-jar", jar().orElseThrow().toString(), "--listen", "127.0.0.1:" + port));
        command.add("--servers");
        command.add(
                servers.stream().map(server -> "127.0.0.1:" + server.getPort()).collect(Collectors.joining(",")));
        command.addAll(FOR_THE_BENCH);
        command.addAll(arguments);
        return RunningPeer.launch(this, command, placement, port, false, directory.resolve(label + ".log"));
    }

    private Optional<Path> jar() {
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
