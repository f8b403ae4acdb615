/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.LaunchContract;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.TokenIdentifier;
import org.apache.hadoop.yarn.client.ClientRMProxy;
import org.apache.hadoop.yarn.client.util.YarnClientUtils;
import org.apache.hadoop.yarn.util.ConverterUtils;

/** What the ApplicationMaster's container gets in its credentials file: secrets never travel in the environment. */
final class LaunchCredentials {
    private static final int SECRET_BYTES = 32;

    private final SecureRandom random;

    LaunchCredentials(SecureRandom random) {
        this.random = random;
    }

    Credentials withMasterSecret() {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        Credentials credentials = new Credentials();
        credentials.addSecretKey(new Text(LaunchContract.MASTER_SECRET_ALIAS), secret);
        return credentials;
    }

    /** Delegation tokens of the file system and of the ResourceManager; only where Hadoop's security is on. */
    void addTokens(Credentials credentials, Configuration conf, FileSystem staging, ClusterView yarn)
            throws IOException {
        String renewer = YarnClientUtils.getRmPrincipal(conf);
        staging.addDelegationTokens(renewer, credentials);
        InetSocketAddress none = null;
        org.apache.hadoop.security.token.Token<TokenIdentifier> token =
                ConverterUtils.convertFromYarn(yarn.delegationToken(renewer), none);
        token.setService(ClientRMProxy.getRMDelegationTokenService(conf));
        credentials.addToken(token.getService(), token);
    }
}
