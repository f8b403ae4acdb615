/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerCredentialsTest {
    @TempDir
    Path folder;

    @Test
    void areReadFromTheTokenFileWhenTheLoginDidNotLoadIt() throws Exception {
        Credentials credentials = new Credentials();
        credentials.addSecretKey(new Text("sparkconnect.agent.secret"), "5ec2e7".getBytes(UTF_8));
        Path file = folder.resolve("container_tokens");
        credentials.writeTokenStorageFile(new org.apache.hadoop.fs.Path(file.toUri()), new Configuration(false));

        assertThat(ContainerCredentials.fromTokenFile(file.toString())).isEqualTo("5ec2e7".getBytes(UTF_8));
        assertThat(ContainerCredentials.fromTokenFile(null)).isNull();
    }

    @Test
    void areTheUsersOwnFirst() throws Exception {
        Credentials credentials = new Credentials();
        credentials.addSecretKey(new Text("sparkconnect.agent.secret"), "5ec2e7".getBytes(UTF_8));
        UserGroupInformation user = UserGroupInformation.createUserForTesting("alice", new String[] {"users"});
        user.addCredentials(credentials);

        ContainerSecret secret =
                user.doAs((java.security.PrivilegedAction<ContainerSecret>) ContainerCredentials::secret);

        assertThat(secret.isCarriedBy("Bearer 5ec2e7")).isTrue();
    }

    @Test
    void nameWhatIsMissing() {
        UserGroupInformation user = UserGroupInformation.createUserForTesting("bob", new String[] {"users"});

        assertThatThrownBy(
                        () -> user.doAs((java.security.PrivilegedAction<ContainerSecret>) ContainerCredentials::secret))
                .hasMessageContaining("sparkconnect.agent.secret")
                .hasMessageContaining("SPARKCONNECT_SERVER_ID");
    }
}
