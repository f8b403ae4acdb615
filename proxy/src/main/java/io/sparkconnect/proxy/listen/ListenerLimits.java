/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import java.time.Duration;

/**
 * What connections may take before they are HTTP/2.
 *
 * @param greeting from accept to the end of the HTTP/2 preface, a PROXY header included
 * @param connections most of them
 * @param connectionsPerAddress most of them from one client address; 0 means no limit
 */
public record ListenerLimits(Duration greeting, int connections, int connectionsPerAddress) {}
