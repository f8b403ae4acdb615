/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/**
 * The identity of a Spark Connect session: {@code user_context.user_id} and {@code session_id}, fields 2 and 1 of every
 * request message. The same session id under another user id is another session.
 *
 * @param userId empty when the request has no user context
 * @param sessionId as sent; the server keys by the raw string
 */
public record SessionKey(String userId, String sessionId) {
    public SessionKey {
        Objects.requireNonNull(userId, "userId");
        Objects.requireNonNull(sessionId, "sessionId");
    }

    /**
     * Node name in ZooKeeper: 32 hex digits of a SHA-256 over both parts, each with its length in front so that no two
     * pairs read alike.
     */
    public String hash() {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (String part : new String[] {userId, sessionId}) {
                byte[] bytes = part.getBytes(UTF_8);
                sha.update((bytes.length + ":").getBytes(UTF_8));
                sha.update(bytes);
            }
            return HexFormat.of().formatHex(sha.digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The bucket of its binding, 0 to {@link SessionTable#BUCKETS} - 1: the first byte of the hash. */
    public int bucket() {
        return HexFormat.fromHexDigits(hash(), 0, 2);
    }
}
