/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;

/** What YARN handed to this container, as Hadoop's classes read it. */
final class ContainerCredentials {
    private static final Text ALIAS = new Text("sparkconnect.agent.secret");

    private ContainerCredentials() {}

    /**
     * Reads the secret from the process's credentials.
     *
     * @throws IllegalStateException when there is none
     */
    static ContainerSecret secret() {
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
        return ContainerSecret.of(new String(bytes, StandardCharsets.UTF_8));
    }

    static byte @Nullable [] fromTokenFile(@Nullable String file) throws IOException {
        if (file == null) {
            return null;
        }
        return Credentials.readTokenStorageFile(new File(file), new Configuration(false))
                .getSecretKey(ALIAS);
    }
}
