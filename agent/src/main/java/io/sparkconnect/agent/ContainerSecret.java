/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** The secret that this container shares with the ApplicationMaster. Never prints itself. */
final class ContainerSecret {
    private static final String BEARER = "Bearer ";

    private final String secret;

    private ContainerSecret(String secret) {
        this.secret = secret;
    }

    static ContainerSecret of(String secret) {
        if (secret.isBlank()) {
            throw new IllegalArgumentException("the container's secret is empty");
        }
        return new ContainerSecret(secret);
    }

    /** Whether an {@code Authorization} header carries the secret; takes as long for a near miss as for a far one. */
    boolean isCarriedBy(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return false;
        }
        byte[] offered = authorization.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(secret.getBytes(StandardCharsets.UTF_8), offered);
    }

    /** The secret itself, for the body of a join and for nothing else. */
    String reveal() {
        return secret;
    }

    @Override
    public String toString() {
        return "ContainerSecret(hidden)";
    }
}
