/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    StatusCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException, RegistryAwayException, InterruptedException {
        ClientConfiguration configuration = ClientConfiguration.load(options, surroundings.environment());
        Settings settings = ServiceConfiguration.read(ServiceName.over(configuration.given(), name))
                .orElseThrow();
        String service = settings.get(ServiceSettings.SERVICE_NAME);
        try (OperatorRegistry registry = surroundings.registry().open(settings)) {
            Optional<ServiceSpec> spec = registry.readSpec();
            Optional<ServiceStatus> status = registry.readStatus();
            if (spec.isEmpty() && status.isEmpty()) {
                throw ServiceName.notFound(service, registry);
            }
            ServiceView view = withYarn(
                    new ServiceView(
                            service,
                            spec.orElse(null),
                            status.orElse(null),
                            registry.readDeaths(),
                            registry.readProxies(),
                            null,
                            ""),
                    configuration.hadoop());
            surroundings
                    .terminal()
                    .data(
                            options.output() == CommonOptions.OutputForm.json
                                    ? view.json()
                                    : StatusPage.render(
                                            view, surroundings.clock().millis()));
            return ExitCode.OK;
        }
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
