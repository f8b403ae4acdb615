/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.Token;
import org.apache.hadoop.yarn.util.Records;
import org.jspecify.annotations.Nullable;

/** A YARN of figures: two nodes of 8 GiB, default 70 % and sparkconnect 30 % (40 % at most). */
final class FakeYarn implements ClusterView {
    static final String NEW_ID = "application_1700000000000_0007";

    List<Node> nodes = List.of(
            new Node("node-1:1", new Size(8192, 8), List.of()), new Node("node-2:1", new Size(8192, 8), List.of()));
    Size maximum = new Size(8192, 8);
    List<Queue> queues = new ArrayList<>(List.of(
            new Queue("root", "root", false, true, 1, 1, null),
            new Queue("default", "root.default", true, true, 1, 0.7, 0.5),
            new Queue("sparkconnect", "root.sparkconnect", true, true, 0.4, 0.3, 0.5)));
    final List<Application> applications = new ArrayList<>();
    final List<Application> serverApplications = new ArrayList<>();
    final List<ApplicationSubmissionContext> submitted = new ArrayList<>();
    final List<String> killed = new ArrayList<>();

    @Nullable
    String away;

    @Nullable
    String refusal;

    static Application application(String id, String state, String diagnostics) {
        return new Application(id, state, "UNDEFINED", "ann", "sparkconnect", diagnostics, null, 1000, 0);
    }

    @Override
    public Capacity capacity() throws IOException {
        answer();
        return new Capacity(maximum, nodes);
    }

    @Override
    public List<Queue> queues() throws IOException {
        answer();
        return queues;
    }

    @Override
    public List<Application> applications(String tag) throws IOException {
        answer();
        return List.copyOf(applications);
    }

    @Override
    public List<Application> livingServerApplications(String tag) throws IOException {
        answer();
        return List.copyOf(serverApplications);
    }

    @Override
    public Optional<Application> application(String applicationId) throws IOException {
        answer();
        return applications.stream()
                .filter(one -> one.id().equals(applicationId))
                .findFirst();
    }

    @Override
    public void kill(String applicationId, String why) {
        killed.add(applicationId);
        applications.replaceAll(
                one -> one.id().equals(applicationId) ? application(applicationId, "KILLED", why) : one);
    }

    @Override
    public ApplicationSubmissionContext newApplication() {
        ApplicationSubmissionContext context = Records.newRecord(ApplicationSubmissionContext.class);
        context.setApplicationId(ApplicationId.fromString(NEW_ID));
        return context;
    }

    @Override
    public void submit(ApplicationSubmissionContext context) throws IOException {
        if (refusal != null) {
            throw new IOException(refusal);
        }
        submitted.add(context);
        applications.add(application(context.getApplicationId().toString(), "ACCEPTED", ""));
    }

    @Override
    public Token delegationToken(String renewer) {
        throw new UnsupportedOperationException("security is off in these tests");
    }

    @Override
    public void close() {}

    private void answer() throws IOException {
        if (away != null) {
            throw new IOException(away);
        }
    }
}
