/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something to do outside. What is published in the registry is not here: it is a {@link RegistryImage} that is written
 * until it stands there, so that a write that fails is not a decision lost.
 */
public sealed interface Action {
    /** Hands itself to the performer's method for it, so that no kind of action can be forgotten. */
    void performBy(Performer performer);

    /** The edges; none of the methods blocks. */
    interface Performer {
        void ask(AskContainer ask);

        void cancelAsk(long allocationRequestId);

        void avoidNodes(AvoidNodes avoid);

        void launch(LaunchServer launch);

        void release(String containerId);

        void stopContainer(StopContainer stop);

        void signal(String containerId);

        void readLastLines(ReadLastLines read);

        void lookAtContainer(LookAtContainer look);

        void stopServer(StopServer stop);

        void drainAgent(DrainAgent drain);

        void answerJoin(AnswerJoin answer);

        void listChildren();

        void killApplication(KillApplication kill);

        void record(String decision);

        void finish(String message);
    }

    /**
     * Asks YARN for one container.
     *
     * @param spread null for an ask without a tag and without a constraint
     */
    record AskContainer(
            String slot,
            long allocationRequestId,
            long memoryMiB,
            int vcores,
            @Nullable String nodeLabel,
            @Nullable Spread spread)
            implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.ask(this);
        }
    }

    record CancelAsk(long allocationRequestId) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.cancelAsk(allocationRequestId);
        }
    }

    /**
     * From now on YARN shall give us containers on no node of these, and on all others. The others are named too: YARN
     * hands an attempt's blacklist on to the next one, which does not know it.
     */
    record AvoidNodes(Set<String> nodes, Set<String> others) implements Action {
        public AvoidNodes {
            nodes = Set.copyOf(nodes);
            others = Set.copyOf(others);
        }

        @Override
        public void performBy(Performer performer) {
            performer.avoidNodes(this);
        }
    }

    /** Starts a server; {@link Event.Started} or {@link Event.StartFailed} answers. */
    record LaunchServer(String slot, ContainerGrant grant, PoolSpec pool) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.launch(this);
        }
    }

    /** Gives a container back to the ResourceManager, which completes it at once, whatever its node does. */
    record ReleaseContainer(String containerId) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.release(containerId);
        }
    }

    /** Has the NodeManager kill a container now. */
    record StopContainer(String containerId, String node) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.stopContainer(this);
        }
    }

    /** Asks a node for the end of a dead server's stderr; {@link Event.LastLinesRead} follows if it has it. */
    record ReadLastLines(String containerId, String nodeHttpAddress) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.readLastLines(this);
        }
    }

    /** Asks a node how far a container is; {@link Event.ContainerSeen} follows if it knows. */
    record LookAtContainer(String containerId, String node) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.lookAtContainer(this);
        }
    }

    /** Sends a container's processes SIGTERM and nothing after it. */
    record SignalContainer(String containerId) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.signal(containerId);
        }
    }

    /** Asks an agent to end its server gracefully. */
    record StopServer(String containerId, String agentUrl, long graceMs) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.stopServer(this);
        }
    }

    /** Tells an agent whether new sessions will come. */
    record DrainAgent(String containerId, String agentUrl, boolean drain) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.drainAgent(this);
        }
    }

    record AnswerJoin(long requestId, JoinVerdict verdict) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.answerJoin(this);
        }
    }

    /** Lists the living applications with the service's tag; {@link Event.ChildrenSeen} answers. */
    record ListChildren() implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.listChildren();
        }
    }

    record KillApplication(String applicationId, String reason) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.killApplication(this);
        }
    }

    /** Something that the operator should find in the log; the last ones stand in the status as well. */
    record RecordDecision(String text) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.record(text);
        }
    }

    /** Everything has been stopped on the operator's wish: clean up, unregister, end. */
    record FinishService(String message) implements Action {
        @Override
        public void performBy(Performer performer) {
            performer.finish(message);
        }
    }
}
