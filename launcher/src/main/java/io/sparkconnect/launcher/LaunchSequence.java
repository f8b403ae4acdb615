/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.Pools;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.security.SecureRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;

/** The part of a launch that changes the world: upload, spec, submission. What fails leaves nothing half-done. */
final class LaunchSequence {
    private final Settings settings;
    private final Pools pools;
    private final Configuration conf;
    private final ClusterView yarn;
    private final OperatorRegistry registry;
    private final Staging staging;
    private final Terminal terminal;

    LaunchSequence(
            ServiceConfiguration service,
            Configuration conf,
            ClusterView yarn,
            OperatorRegistry registry,
            Staging staging,
            Terminal terminal) {
        this.settings = service.settings();
        this.pools = service.pools();
        this.conf = conf;
        this.yarn = yarn;
        this.registry = registry;
        this.staging = staging;
        this.terminal = terminal;
    }

    /** @return the application's id */
    Launched run(Preflight.Cleared cleared, ServiceJar jar)
            throws CommandException, IOException, RegistryAwayException, InterruptedException {
        String user = UserGroupInformation.getCurrentUser().getShortUserName();
        sweepStaging();
        ApplicationSubmissionContext context = yarn.newApplication();
        String id = context.getApplicationId().toString();
        ServiceSpec spec = SpecPlan.of(
                settings,
                pools,
                cleared.sparks(),
                user,
                cleared.staleGeneration().orElse(0L) + 1);
        terminal.say("uploading to " + staging.of(id));
        staging.create(id, jar);
        boolean specIsOurs = false;
        boolean submitted = false;
        try {
            writeSpec(spec, cleared);
            specIsOurs = true;
            FileStatus serviceJar = staging.file(id, LaunchContract.SERVICE_JAR);
            boolean secure = UserGroupInformation.isSecurityEnabled();
            new LaunchSubmission(settings, conf).fill(context, serviceJar, user, credentials(secure), secure);
            yarn.submit(context);
            submitted = true;
        } finally {
            if (!submitted) {
                undo(id, specIsOurs);
            }
        }
        return new Launched(id, spec.generation());
    }

    private Credentials credentials(boolean secure) throws IOException {
        LaunchCredentials source = new LaunchCredentials(new SecureRandom());
        Credentials credentials = source.withMasterSecret();
        if (secure) {
            source.addTokens(credentials, conf, staging.fileSystem(), yarn);
        }
        return credentials;
    }

    /**
     * What a dead application left behind goes first: its epoch would fence the new ApplicationMaster out, and its slots
     * name containers that are gone.
     */
    private void writeSpec(ServiceSpec spec, Preflight.Cleared cleared)
            throws CommandException, RegistryAwayException, InterruptedException {
        if (cleared.staleGeneration().isPresent()) {
            terminal.say("removing what an earlier application of the service left in ZooKeeper");
            registry.removeService();
        }
        if (!registry.createSpec(spec)) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "service " + spec.service() + " was launched by somebody else at this moment: see `status`");
        }
    }

    private void undo(String id, boolean specIsOurs) throws InterruptedException {
        try {
            if (specIsOurs) {
                registry.removeService();
            }
        } catch (RegistryAwayException e) {
            terminal.warn("the spec is still in ZooKeeper; the next launch removes it: " + e.getMessage());
        }
        try {
            staging.remove(id);
        } catch (IOException e) {
            terminal.warn("the staging directory " + staging.of(id) + " is still there: " + e.getMessage());
        }
    }

    /** A killed application cannot remove its own; only what YARN knows to be over is touched. */
    private void sweepStaging() throws IOException {
        for (Application over :
                yarn.applications(LaunchContract.serviceTag(settings.get(ServiceSettings.SERVICE_NAME)))) {
            if (over.isOver() && staging.remove(over.id())) {
                terminal.say("removed the staging directory that " + over.id() + " left behind");
            }
        }
    }

    record Launched(String applicationId, long generation) {}
}
