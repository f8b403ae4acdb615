/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "launch",
        description = {
            "Starts a service: checks everything, uploads, writes the spec to ZooKeeper, submits the ApplicationMaster.",
            "Nothing is uploaded or written unless every check passes."
        },
        sortOptions = false)
final class LaunchCommand implements Callable<Integer> {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = "15m",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description =
                    "Waits until every server is ready, showing progress; at most so long (default with --wait: 15m).")
    private @Nullable Duration wait;

    LaunchCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, IOException, RegistryAwayException, InterruptedException {
        ClientConfiguration configuration = ClientConfiguration.load(options, surroundings.environment());
        ServiceConfiguration service = ServiceConfiguration.read(configuration.given());
        Settings settings = service.settings();
        try (ClusterView yarn = surroundings.yarn().connect(configuration.hadoop())) {
            Preflight.Cleared cleared = new Preflight(service, configuration.hadoop(), surroundings.environment())
                    .check(surroundings.registry(), yarn);
            cleared.warnings().forEach(surroundings.terminal()::warn);
            ServiceJar jar = surroundings
                    .serviceJar()
                    .find()
                    .orElseThrow(() -> new CommandException(
                            ExitCode.FAILED,
                            "this command does not run from its jar (expected: yarn jar sparkconnect-yarn-….jar)"));
            Staging staging = Staging.at(settings, configuration.hadoop());
            try (OperatorRegistry registry = surroundings.registry().open(settings)) {
                LaunchSequence.Launched launched = new LaunchSequence(
                                service, configuration.hadoop(), yarn, registry, staging, surroundings.terminal())
                        .run(cleared, jar);
                return report(settings, launched, yarn, registry);
            }
        }
    }

    private int report(Settings settings, LaunchSequence.Launched launched, ClusterView yarn, OperatorRegistry registry)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        String service = settings.get(ServiceSettings.SERVICE_NAME);
        surroundings.terminal().say("submitted " + launched.applicationId() + " as service " + service);
        warnOfLifetime(yarn.application(launched.applicationId()).orElse(null));
        if (wait == null) {
            output().show(new Said(
                    launched.applicationId(),
                    List.of(launched.applicationId()),
                    Map.of("applicationId", launched.applicationId(), "service", service)));
            return ExitCode.OK;
        }
        ServiceStatus ready;
        try (Surroundings.Interrupts.Watch ignored = surroundings
                .interrupts()
                .onInterrupt(() -> surroundings
                        .terminal()
                        .say("not waiting any longer; the service goes on starting as " + launched.applicationId()
                                + " (see `status`, end it with `stop`)"))) {
            ready = awaitReady(launched, yarn, registry, wait);
        }
        show(service, ready, registry.readProxies());
        return ExitCode.OK;
    }

    private ServiceStatus awaitReady(
            LaunchSequence.Launched launched, ClusterView yarn, OperatorRegistry registry, Duration patience)
            throws CommandException, InterruptedException {
        Progress progress = new Progress(surroundings.terminal(), surroundings.clock());
        while (true) {
            LaunchVerdict verdict = look(launched, yarn, registry);
            if (verdict instanceof LaunchVerdict.Ready ready) {
                return ready.status();
            }
            if (verdict instanceof LaunchVerdict.Failed failed) {
                throw new CommandException(
                        ExitCode.FAILED,
                        List.of(failed.cause(), "its logs: yarn logs -applicationId " + launched.applicationId()),
                        null);
            }
            if (verdict instanceof LaunchVerdict.Waiting waiting) {
                if (progress.elapsed().compareTo(patience) >= 0) {
                    throw new CommandException(
                            ExitCode.TIMED_OUT,
                            List.of(
                                    "not ready within " + InWords.age(patience) + ": " + waiting.what(),
                                    "the service goes on starting as " + launched.applicationId()
                                            + " (see `status`, end it with `stop`)"),
                            null);
                }
                progress.show(waiting.what());
            }
            surroundings.pause().sleep(LOOK_AGAIN);
        }
    }

    /** Either side may be away for a while: the other one's word counts then. */
    private LaunchVerdict look(LaunchSequence.Launched launched, ClusterView yarn, OperatorRegistry registry)
            throws InterruptedException {
        Application application = null;
        String away = "";
        try {
            application = yarn.application(launched.applicationId()).orElse(null);
        } catch (IOException e) {
            away = String.valueOf(e.getMessage());
        }
        ServiceStatus status = null;
        try {
            status = registry.readStatus().orElse(null);
        } catch (RegistryAwayException e) {
            away = "ZooKeeper is away: " + e.getMessage();
        }
        LaunchVerdict verdict = LaunchVerdict.of(
                application, status, launched, surroundings.clock().millis());
        return away.isEmpty() || !(verdict instanceof LaunchVerdict.Waiting)
                ? verdict
                : new LaunchVerdict.Waiting(InWords.oneLine(away, 300));
    }

    private void warnOfLifetime(@Nullable Application application) {
        if (application != null && application.endsAtMs() > 0) {
            surroundings
                    .terminal()
                    .warn("queue " + application.queue()
                            + " limits the lifetime of applications: YARN will end the service at "
                            + Instant.ofEpochMilli(application.endsAtMs())
                            + " (yarn.scheduler.capacity.<queue>.maximum-application-lifetime)");
        }
    }

    private void show(String service, ServiceStatus ready, List<ProxyRecord> proxies) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("service", service);
        answer.put("status", ready);
        answer.put("proxies", proxies);
        int servers =
                ready.pools().values().stream().mapToInt(PoolStatus::ready).sum();
        StringBuilder text = new StringBuilder("READY " + service + " (" + InWords.count(servers, "server")
                + byPool(ready) + ") " + ready.applicationId());
        proxies.forEach(
                proxy -> text.append(System.lineSeparator()).append("  sc://").append(proxy.address()));
        output().show(new Said(text.toString(), List.of(ready.applicationId()), answer));
    }

    /** Where they are; nothing where there is but one pool. */
    private static String byPool(ServiceStatus ready) {
        return ready.pools().size() < 2
                ? ""
                : new TreeMap<>(ready.pools())
                        .entrySet().stream()
                                .map(pool -> pool.getValue().ready() + " in " + pool.getKey())
                                .collect(Collectors.joining(", ", ": ", ""));
    }

    private Output output() {
        return new Output(options, surroundings.terminal());
    }
}
