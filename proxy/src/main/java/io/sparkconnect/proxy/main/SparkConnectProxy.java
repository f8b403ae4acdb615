/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.settings.SettingsException;
import io.sparkconnect.registry.settings.SiteConfiguration;
import java.io.PrintStream;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The program. */
public final class SparkConnectProxy {
    private static final int OK = 0;
    private static final int BROKEN = 1;
    private static final int WRONG_INPUT = 2;

    private SparkConnectProxy() {}

    /** Runs until SIGTERM or SIGINT, and then ends with 0 once open requests have ended or the deadline has passed. */
    public static void main(String[] words) throws InterruptedException {
        int code = run(List.of(words), System.out, System.err);
        if (code >= 0) {
            System.exit(code);
        }
        // All threads are daemons, so that nothing outlives the hook's orderly stop; this one keeps the JVM alive.
        new CountDownLatch(1).await();
    }

    /** Yields the exit code; -1 when the proxy is running now. */
    static int run(List<String> words, PrintStream out, PrintStream err) {
        Arguments arguments = Arguments.parse(words);
        if (arguments.help()) {
            out.print(Arguments.USAGE);
            return OK;
        }
        if (arguments.version()) {
            out.println("sparkconnect-proxy " + version());
            return OK;
        }
        if (!arguments.mistakes().isEmpty()) {
            return refuse(arguments.mistakes(), err);
        }
        try {
            ProxyServer server = ProxyServer.start(configuration(arguments));
            // The JVM would end with 143 after a signal although everything went as asked.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "stop"));
            return -1;
        } catch (SettingsException e) {
            return refuse(e.mistakes(), err);
        } catch (ProxyServer.AddressInUseException e) {
            return refuse(List.of(Objects.requireNonNullElse(e.getMessage(), "cannot listen")), err);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return BROKEN;
        }
    }

    private static Configuration configuration(Arguments arguments) throws SettingsException {
        SiteConfiguration site = SiteConfiguration.ofProcess();
        arguments.files().forEach(site::addFile);
        arguments.overrides().forEach((key, value) -> site.set(key, value.text(), value.source()));
        return Configuration.of(site.values());
    }

    private static int refuse(List<String> mistakes, PrintStream err) {
        mistakes.forEach(mistake -> err.println("sparkconnect-proxy: " + mistake));
        return WRONG_INPUT;
    }

    private static void stop(ProxyServer server) {
        Logger log = LoggerFactory.getLogger(SparkConnectProxy.class);
        int code = OK;
        try {
            log.info("stopping");
            server.close();
            log.info("stopped");
        } catch (RuntimeException e) {
            log.error("could not stop in order", e);
            code = BROKEN;
        }
        Runtime.getRuntime().halt(code);
    }

    private static String version() {
        return Objects.requireNonNullElse(
                SparkConnectProxy.class.getPackage().getImplementationVersion(), "(development)");
    }
}
