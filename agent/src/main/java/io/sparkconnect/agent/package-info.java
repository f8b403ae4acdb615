/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A Spark driver plugin that stands between one Spark Connect server and the ApplicationMaster that started it: it tells
 * the AM which port was bound, answers for the server's health and load, and ends the process when it serves nobody any
 * more. The promises are in {@code docs/agent-protocol.md}.
 *
 * <p>Nothing but the JDK and what every Spark from 3.4 to 4.3 brings; what differs between them goes through
 * {@link ReflectedConnectServer}. All threads are daemons, but the one that carries out a stop:
 * the agent never keeps a driver alive.
 */
@NullMarked
package io.sparkconnect.agent;

import org.jspecify.annotations.NullMarked;
