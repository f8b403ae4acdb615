/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "status",
        description = {
            "Shows a service: its pools, servers, last decisions, recent deaths with their causes, and proxies.",
            "Reads ZooKeeper, so it works while the ApplicationMaster or the ResourceManager restarts."
        },
        sortOptions = false)
final class StatusCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "SERVICE",
            description = "Its name, in place of sparkconnect.service.name.")
    private @Nullable String name;

    @Mixin
    private ServiceOption service = new ServiceOption();

    @Option(
            names = "--check",
            description =
                    "Exits with 6 unless the service is READY, as monitoring wants it; without it, any state is an answer.")
    private boolean check;

    @Mixin
    private PoolFilter pool = new PoolFilter();

    @Mixin
    private WatchOption watch = new WatchOption();

    StatusCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws Exception {
        try (OpenService open = OpenService.open(surroundings, options, name == null ? service.name() : name)) {
            WatchedAnswer screen = new WatchedAnswer(options, surroundings.terminal());
            return watch.run(surroundings, () -> {
                ServiceView view = look(open);
                screen.show(new StatusAnswer(view, surroundings.clock().millis()));
                ServiceStatus status = view.status();
                boolean ready = status != null && status.state() == ServiceState.READY;
                return check && !ready ? ExitCode.DEGRADED : ExitCode.OK;
            });
        }
    }

    private ServiceView look(OpenService open) throws CommandException, RegistryAwayException, InterruptedException {
        OperatorRegistry registry = open.registry();
        Optional<ServiceSpec> spec = registry.readSpec();
        Optional<ServiceStatus> status = registry.readStatus();
        if (spec.isEmpty() && status.isEmpty()) {
            throw ServiceName.notFound(open.name(), registry);
        }
        pool.check(spec.orElse(null), status.orElse(null));
        ServiceView view = new ServiceView(
                open.name(),
                spec.orElse(null),
                status.orElse(null),
                registry.readDeaths(),
                registry.readProxies(),
                null,
                "");
        return withYarn(view, open.configuration().hadoop()).of(pool);
    }

    private ServiceView withYarn(ServiceView view, Configuration conf) {
        Application application = null;
        String note = "";
        try (ClusterView yarn = surroundings.yarn().connect(conf)) {
            List<Application> all = yarn.applications(LaunchContract.serviceTag(view.service()));
            ServiceStatus status = view.status();
            application = all.stream()
                    .filter(one -> status == null || one.id().equals(status.applicationId()))
                    .findFirst()
                    .orElse(null);
            if (application == null) {
                note = "no application of this service is known; `stop` cleans up, or `launch` starts it anew";
            } else if (application.isOver()) {
                note = "the application is over: `stop` cleans up, or `launch` starts it anew";
            }
        } catch (IOException e) {
            note = String.valueOf(e.getMessage());
        }
        return new ServiceView(
                view.service(), view.spec(), view.status(), view.deaths(), view.proxies(), application, note);
    }
}
