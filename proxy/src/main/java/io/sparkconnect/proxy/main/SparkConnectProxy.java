/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.settings.SettingsException;
import io.sparkconnect.registry.settings.SiteConfiguration;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

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
            return start(configuration(arguments), arguments, err, whenTakenOver);
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

    private static int start(Configuration configuration, Arguments arguments, PrintStream err, Runnable whenTakenOver)
            throws Ports.AddressInUseException, ProxyServer.NotReadyException, InterruptedException {
        // Before the ports open: whoever is served at once must not be dropped by a signal that comes at once.
        OrderlyStop stop = OrderlyStop.onSignal();
        boolean runs = false;
        try {
            ProxyServer server = ProxyServer.start(configuration, new Succession(arguments.takeOver(), whenTakenOver));
            try {
                if (arguments.pidFile().isPresent()) {
                    arguments.pidFile().get().write();
                }
            } catch (IOException e) {
                err.println("sparkconnect-proxy: cannot write " + e.getMessage() + " (--pid-file)");
                server.close();
                return BROKEN;
            }
            stop.started(server, arguments.pidFile());
            runs = true;
            return RUNS;
        } finally {
            if (!runs) {
                stop.notStarted();
            }
        }
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

    private static String version() {
        return Objects.requireNonNullElse(
                SparkConnectProxy.class.getPackage().getImplementationVersion(), "(development)");
    }
}
