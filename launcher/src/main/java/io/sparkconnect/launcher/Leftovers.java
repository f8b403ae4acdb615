/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServiceStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a service leaves behind when no ApplicationMaster was there to clean up. Removing twice does no harm. */
final class Leftovers {
    private final String service;
    private final ClusterView yarn;
    private final OperatorRegistry registry;
    private final Staging staging;
    private final Terminal terminal;

    Leftovers(String service, ClusterView yarn, OperatorRegistry registry, Staging staging, Terminal terminal) {
        this.service = service;
        this.yarn = yarn;
        this.registry = registry;
        this.staging = staging;
        this.terminal = terminal;
    }

    /** Whether ZooKeeper knows the service; what it holds need not be readable. */
    boolean isRegistered() throws RegistryAwayException, InterruptedException {
        try {
            return registry.readSpec().isPresent() || registry.readStatus().isPresent();
        } catch (RegistryDataException e) {
            terminal.warn(String.valueOf(e.getMessage()));
            return true;
        }
    }

    /**
     * Removes the registry's records and the staging directories of applications that are over.
     *
     * @return what was there to be removed, in words
     */
    List<String> remove(List<Application> over) throws IOException, RegistryAwayException, InterruptedException {
        List<String> removed = new ArrayList<>();
        List<String> ids = new ArrayList<>(over.stream().map(Application::id).toList());
        applicationOfStatus().filter(id -> !ids.contains(id)).ifPresent(ids::add);
        if (isRegistered()) {
            registry.removeService();
            removed.add("what ZooKeeper held of it");
        }
        for (String id : ids) {
            if (staging.remove(id)) {
                removed.add("staging directory " + staging.of(id));
            }
        }
        return removed;
    }

    /** Kills what its servers still run in the executors' queue; an ApplicationMaster that ends well has done so. */
    List<String> killServerApplications() throws IOException {
        List<Application> orphans = yarn.livingServerApplications(LaunchContract.serviceTag(service));
        for (Application orphan : orphans) {
            yarn.kill(orphan.id(), "its Spark Connect service " + service + " is gone");
        }
        return orphans.isEmpty()
                ? List.of()
                : List.of(InWords.count(orphans.size(), "Spark application") + " of its servers");
    }

    private Optional<String> applicationOfStatus() throws RegistryAwayException, InterruptedException {
        try {
            return registry.readStatus().map(ServiceStatus::applicationId);
        } catch (RegistryDataException e) {
            return Optional.empty();
        }
    }
}
