/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.io.IOException;
import org.apache.hadoop.security.Credentials;

/**
 * Where the tokens come from that a server's container starts with. The one place for whoever adds a login from a keytab:
 * such an implementation logs in and renews the login, and asks for fresh tokens at each launch. Asks the file system, so not
 * on the core thread. Thread-safe.
 */
public interface LaunchTokens {
    /**
     * Tokens for one launch, to be added to by the caller; never what makes their holder an ApplicationMaster.
     *
     * @throws IOException when fresh tokens should be there and are not given
     */
    Credentials forLaunch() throws IOException;
}
