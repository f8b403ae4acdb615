/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.am.core.Action;

/** For a world in which some of what the core does has no consequence. */
interface QuietPerformer extends Action.Performer {
    @Override
    default void lookAtContainer(Action.LookAtContainer look) {}

    @Override
    default void readLastLines(Action.ReadLastLines read) {}

    @Override
    default void drainAgent(Action.DrainAgent drain) {}

    @Override
    default void answerJoin(Action.AnswerJoin answer) {}

    @Override
    default void listChildren() {}

    @Override
    default void killApplication(Action.KillApplication kill) {}

    @Override
    default void record(String decision) {}
}
