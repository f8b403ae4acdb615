/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * Which server holds a session.
 *
 * @param userId {@code user_context.user_id} of the requests, empty when absent
 * @param sessionId {@code session_id} of the requests, as sent
 * @param serverId container id of the server
 * @param createdAtMs when the binding was made
 * @param lastUseMs coarse last use: written at most every ten minutes
 */
public record SessionBinding(String userId, String sessionId, String serverId, long createdAtMs, long lastUseMs) {}
