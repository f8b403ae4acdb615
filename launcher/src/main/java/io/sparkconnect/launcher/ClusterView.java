/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.Token;
import org.jspecify.annotations.Nullable;

/**
 * What commands ask of YARN. Each call goes to the ResourceManager and blocks up to its client's patience; an
 * {@link IOException} says that it did not answer, or refused, in words for the user.
 */
interface ClusterView extends AutoCloseable {
    /** Capacity that nodes offer now, and the most that one container may have. */
    Capacity capacity() throws IOException;

    /** All queues, leaves and parents. */
    List<Queue> queues() throws IOException;

    /** Applications of our type that carry all of the tags, finished ones included, newest first. */
    List<Application> applications(String tag) throws IOException;

    /** Living applications of any other type that carry the tag: those of the servers, with their executors. */
    List<Application> livingServerApplications(String tag) throws IOException;

    /** One application; empty when YARN does not know it (any more). */
    Optional<Application> application(String applicationId) throws IOException;

    void kill(String applicationId, String why) throws IOException;

    /** The context of a new application with its id, to be filled in and submitted; the same one at each call. */
    ApplicationSubmissionContext newApplication() throws IOException;

    /** Blocks until YARN has accepted the application; it refuses with an exception. */
    void submit(ApplicationSubmissionContext context) throws IOException;

    /** For the ApplicationMaster of a secure cluster: its own AMRM token does not open the client protocol. */
    Token delegationToken(String renewer) throws IOException;

    @Override
    void close();

    /**
     * A container's size or limit.
     *
     * @param memoryMiB memory
     * @param vcores virtual cores
     */
    record Size(long memoryMiB, int vcores) {
        /** Whether something of this size holds the other. Memory only when cores are not to be counted. */
        boolean holds(Size other) {
            return memoryMiB >= other.memoryMiB && vcores >= other.vcores;
        }

        @Override
        public String toString() {
            return memoryMiB + " MiB, " + vcores + (vcores == 1 ? " vcore" : " vcores");
        }
    }

    /**
     * @param maximumAllocation the scheduler's maximum for one container
     * @param nodes capability of every running node, with its labels
     */
    record Capacity(Size maximumAllocation, List<Node> nodes) {}

    record Node(String id, Size size, List<String> labels) {}

    /**
     * @param name last part of the path
     * @param path from the root: {@code root.default}
     * @param leaf whether applications can be submitted to it
     * @param running false when it is stopped or draining
     * @param maximumShare of the whole cluster, 0 to 1
     * @param guaranteedShare of the whole cluster, 0 to 1
     * @param maximumAmShare share of the queue that ApplicationMasters may use, 0 to 1; null where the scheduler does
     *     not tell
     * @param labels node labels that its applications may ask for
     */
    record Queue(
            String name,
            String path,
            boolean leaf,
            boolean running,
            double maximumShare,
            double guaranteedShare,
            @Nullable Double maximumAmShare,
            Set<String> labels) {
        /** A queue of a cluster without node labels. */
        Queue(
                String name,
                String path,
                boolean leaf,
                boolean running,
                double maximumShare,
                double guaranteedShare,
                @Nullable Double maximumAmShare) {
            this(name, path, leaf, running, maximumShare, guaranteedShare, maximumAmShare, Set.of());
        }

        boolean isCalled(String asked) {
            return name.equals(asked) || path.equals(asked) || path.equals("root." + asked);
        }
    }

    /**
     * @param state YARN's state of the application, such as {@code RUNNING}
     * @param finalStatus such as {@code SUCCEEDED}
     * @param diagnostics YARN's and the ApplicationMaster's words
     * @param trackingUrl page of the ApplicationMaster through the ResourceManager's proxy; null when there is none
     * @param endsAtMs when YARN will end it because of its queue's application lifetime; 0 when it will not
     */
    record Application(
            String id,
            String state,
            String finalStatus,
            String user,
            String queue,
            String diagnostics,
            @Nullable String trackingUrl,
            long startedAtMs,
            long endsAtMs) {
        boolean isOver() {
            return switch (state) {
                case "FINISHED", "FAILED", "KILLED" -> true;
                default -> false;
            };
        }
    }
}
