/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

/**
 * A server as the relay sees it. Equal when they are the same process: a host:port that another container got later has
 * another instance id.
 *
 * @param serverId container id, or {@code host:port} for a server listed by hand
 * @param instanceId random per process; empty for a server listed by hand
 * @param host where to connect
 * @param port where to connect
 */
public record Backend(String serverId, String instanceId, String host, int port) {}
