/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change of the spec that an operator asks for. Pure, so that it can be made again when another one came in between. */
interface Change {
    /**
     * @param spec as it is
     * @param status what the ApplicationMaster last said; null when it has not yet
     * @throws CommandException when it cannot be done to such a service
     */
    Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException;

    /**
     * How far it is.
     *
     * @param written the spec with the change
     * @param status one that answers the written spec's generation
     */
    Outcome look(ServiceSpec written, ServiceStatus status);

    /**
     * Whether what this change wrote is wished still, or at least not replaced by another wish of the same kind.
     *
     * @param written the spec with the change
     * @param now a later spec
     */
    boolean isStillWished(ServiceSpec written, ServiceSpec now);

    /**
     * What a change would do.
     *
     * @param spec with the change; its generation is not counted up yet
     * @param steps what is done, each a clause for the operator; empty when all is so already
     * @param warnings what the operator should know, and may want all the same
     */
    record Proposal(ServiceSpec spec, List<String> steps, List<String> warnings) {
        static Proposal nothing(ServiceSpec spec) {
            return new Proposal(spec, List.of(), List.of());
        }
    }

    /** What a look at the status says. */
    sealed interface Outcome {
        /** @param how one line; may be empty */
        record Done(String how) implements Outcome {}

        /** It will not come about any more. */
        record Failed(String why) implements Outcome {}

        record Waiting(String what) implements Outcome {}
    }
}
