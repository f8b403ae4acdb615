/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;

/** The secret that this container shares with the ApplicationMaster. Never prints itself. */
final class ContainerSecret {
    private static final Text ALIAS = new Text("sparkconnect.agent.secret");
    private static final String BEARER = "Bearer ";

    private final String secret;

    private ContainerSecret(String secret) {
        this.secret = secret;
    }

    static ContainerSecret of(String secret) {
        if (secret.isBlank()) {
            throw new IllegalArgumentException("the secret " + ALIAS + " in the container's credentials is empty");
        }
        return new ContainerSecret(secret);
    }

    /**
     * Reads the secret from the process's credentials.
     *
     * @throws IllegalStateException when there is none
     */
    static ContainerSecret ofThisContainer() {
        byte @Nullable [] bytes;
        try {
            bytes = UserGroupInformation.getCurrentUser().getCredentials().getSecretKey(ALIAS);
            if (bytes == null) {
                // A server that logs in from a keytab does not load the container's token file.
                bytes = fromTokenFile(System.getenv(UserGroupInformation.HADOOP_TOKEN_FILE_LOCATION));
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the container's credentials: " + e.getMessage(), e);
        }
        if (bytes == null) {
            throw new IllegalStateException(AgentEnvironment.SERVER_ID + " is set, but the container's credentials ("
                    + UserGroupInformation.HADOOP_TOKEN_FILE_LOCATION + ") hold no secret " + ALIAS
                    + " (expected: put there by the ApplicationMaster)");
        }
        return of(new String(bytes, StandardCharsets.UTF_8));
    }

    private static byte @Nullable [] fromTokenFile(@Nullable String file) throws IOException {
        if (file == null) {
            return null;
        }
        return Credentials.readTokenStorageFile(new File(file), new Configuration(false))
                .getSecretKey(ALIAS);
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
