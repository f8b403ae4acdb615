/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.client.util.YarnClientUtils;

/**
 * Hands on the tokens that the launcher gave to this attempt, as they are at that moment; where this process may ask for
 * tokens itself, that is, where somebody has logged it in with Kerberos, each launch gets fresh ones. What the launcher gave
 * dies after {@code delegation.token.max-lifetime}, a week by default: from then on no server can be started.
 */
public final class PassedTokens implements LaunchTokens {
    /** Whoever holds it is the ApplicationMaster. */
    private static final Text AM_RM_TOKEN = new Text("YARN_AM_RM_TOKEN");

    private static final Text RM_DELEGATION_TOKEN = new Text("RM_DELEGATION_TOKEN");

    private final Configuration conf;
    private final Path staging;
    private final UserGroupInformation self;
    private final BooleanSupplier mayAsk;

    /**
     * @param staging on the file system whose tokens containers need
     * @param mayAsk whether this process may ask for delegation tokens now
     */
    PassedTokens(Configuration conf, Path staging, UserGroupInformation self, BooleanSupplier mayAsk) {
        this.conf = conf;
        this.staging = staging;
        this.self = self;
        this.mayAsk = mayAsk;
    }

    /**
     * @param secure whether Hadoop's security is on
     * @throws IllegalArgumentException when it is, and launches would fail for want of a token or a login; with all that is
     *     missing and where it should come from
     */
    public static LaunchTokens of(Configuration conf, Path staging, UserGroupInformation self, boolean secure)
            throws IOException {
        PassedTokens tokens = new PassedTokens(conf, staging, self, self::hasKerberosCredentials);
        if (secure) {
            tokens.demandWhatLaunchesNeed();
        }
        return tokens;
    }

    void demandWhatLaunchesNeed() throws IOException {
        if (mayAsk.getAsBoolean()) {
            return;
        }
        List<String> missing = new ArrayList<>();
        String files = staging.getFileSystem(conf).getCanonicalServiceName();
        Credentials own = self.getCredentials();
        if (files != null && own.getToken(new Text(files)) == null) {
            missing.add("no delegation token of " + staging.getFileSystem(conf).getUri());
        }
        if (own.getAllTokens().stream().noneMatch(token -> RM_DELEGATION_TOKEN.equals(token.getKind()))) {
            missing.add("no delegation token of the ResourceManager");
        }
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    "Hadoop's security is on, and the credentials hold " + String.join(" and ", missing)
                            + " (expected: put there by the launcher, whose user has to be logged in: kinit)");
        }
    }

    @Override
    public Credentials forLaunch() throws IOException {
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
