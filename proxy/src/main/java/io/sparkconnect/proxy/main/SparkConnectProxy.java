/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.settings.SettingsException;
import io.sparkconnect.registry.settings.SiteConfiguration;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The program. */
public final class SparkConnectProxy {
    /** In place of an exit code: the proxy is running now. */
    static final int RUNS = -1;

    private static final int OK = 0;
    private static final int BROKEN = 1;
    private static final int WRONG_INPUT = 2;

    private SparkConnectProxy() {}

    /** Runs until SIGTERM or SIGINT, and then ends with 0 once open requests have ended or the deadline has passed. */
    public static void main(String[] words) throws InterruptedException {
        int code = run(List.of(words), System.out, System.err, () -> System.exit(OK));
        if (code != RUNS) {
            System.exit(code);
        }
        // All threads are daemons, so that nothing outlives the hook's orderly stop; this one keeps the JVM alive.
        new CountDownLatch(1).await();
    }

    /**
     * Yields the exit code, or {@link #RUNS}.
     *
     * @param whenTakenOver run when another process has taken the ports over
     */
    static int run(List<String> words, PrintStream out, PrintStream err, Runnable whenTakenOver) {
        Arguments arguments = Arguments.parse(words);
        if (arguments.help()) {
            out.print(Arguments.USAGE);
            return OK;
        }
        if (arguments.version()) {
            out.println("sparkconnect-proxy " + version());
            return OK;
        }
        try {
            Configuration configuration = configuration(arguments);
            ProxyServer server = ProxyServer.start(configuration, new Succession(arguments.takeOver(), whenTakenOver));
            return serve(server, arguments.pidFile(), err);
        } catch (SettingsException e) {
            return refuse(e.mistakes(), err);
        } catch (Ports.AddressInUseException e) {
            return refuse(List.of(Objects.requireNonNullElse(e.getMessage(), "cannot listen")), err);
        } catch (ProxyServer.NotReadyException e) {
            err.println("sparkconnect-proxy: " + e.getMessage());
            return BROKEN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return BROKEN;
        }
    }

    private static int serve(ProxyServer server, Optional<PidFile> pidFile, PrintStream err) {
        try {
            if (pidFile.isPresent()) {
                pidFile.get().write();
            }
        } catch (IOException e) {
            err.println("sparkconnect-proxy: cannot write " + e.getMessage() + " (--pid-file)");
            server.close();
            return BROKEN;
        }
        // The JVM would end with 143 after a signal although everything went as asked.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, pidFile), "stop"));
        return RUNS;
    }

    /** @throws SettingsException with what is wrong with the command line and with the settings */
    private static Configuration configuration(Arguments arguments) throws SettingsException {
        List<String> mistakes = new ArrayList<>(arguments.mistakes());
        try {
            Configuration configuration = settings(arguments);
            if (mistakes.isEmpty()) {
                return configuration;
            }
        } catch (SettingsException e) {
            mistakes.addAll(e.mistakes());
        }
        throw new SettingsException(mistakes);
    }

    private static Configuration settings(Arguments arguments) throws SettingsException {
        SiteConfiguration site = SiteConfiguration.ofProcess();
        arguments.files().forEach(site::addFile);
        arguments.overrides().forEach((key, value) -> site.set(key, value.text(), value.source()));
        return Configuration.of(site.values());
    }

    private static int refuse(List<String> mistakes, PrintStream err) {
        mistakes.forEach(mistake -> err.println("sparkconnect-proxy: " + mistake));
        return WRONG_INPUT;
    }

    private static void stop(ProxyServer server, Optional<PidFile> pidFile) {
        Logger log = LoggerFactory.getLogger(SparkConnectProxy.class);
        int code = OK;
        try {
            log.info("stopping");
            server.close();
            if (pidFile.isPresent()) {
                pidFile.get().removeIfOwn();
            }
            log.info("stopped");
        } catch (IOException | RuntimeException e) {
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
