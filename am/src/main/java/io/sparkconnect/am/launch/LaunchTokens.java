/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.client.util.YarnClientUtils;

/**
 * The tokens that a server's container starts with. Delegation tokens die after a week, so each launch gets fresh ones
 * where this process can ask for them, that is, where it has logged in with Kerberos; a keytab for that is to come. Else
 * it hands on its own, as they are at that moment. Asks the file system, so not on the core thread. Thread-safe.
 */
public final class LaunchTokens {
    /** Whoever holds it is the ApplicationMaster. */
    private static final Text AM_RM_TOKEN = new Text("YARN_AM_RM_TOKEN");

    private final Configuration conf;
    private final Path staging;
    private final UserGroupInformation self;
    private final BooleanSupplier mayAsk;

    /**
     * @param staging on the file system whose tokens containers need
     * @param mayAsk whether this process may ask for delegation tokens now
     */
    public LaunchTokens(Configuration conf, Path staging, UserGroupInformation self, BooleanSupplier mayAsk) {
        this.conf = conf;
        this.staging = staging;
        this.self = self;
        this.mayAsk = mayAsk;
    }

    /** @throws IOException when fresh tokens should be there and are not given */
    Credentials forLaunch() throws IOException {
        Credentials tokens = new Credentials();
        for (Token<?> token : self.getCredentials().getAllTokens()) {
            if (!AM_RM_TOKEN.equals(token.getKind())) {
                tokens.addToken(token.getService(), token);
            }
        }
        if (mayAsk.getAsBoolean()) {
            // Into an empty one: for a service whose token is there already, none would be asked for.
            Credentials fresh = new Credentials();
            staging.getFileSystem(conf).addDelegationTokens(YarnClientUtils.getRmPrincipal(conf), fresh);
            tokens.addAll(fresh);
        }
        return tokens;
    }
}
