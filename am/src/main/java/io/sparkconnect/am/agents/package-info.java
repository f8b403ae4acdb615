/* SPDX-License-Identifier: Apache-2.0 */
/** The AM's side of the protocol with the agents in its servers: health questions, drain and stop. */
@NullMarked
package io.sparkconnect.am.agents;

import org.jspecify.annotations.NullMarked;
