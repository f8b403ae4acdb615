/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

/** Whether the user may launch into a cluster with Hadoop's security on, and what that means for the service. */
final class LoginCheck {
    private LoginCheck() {}

    /**
     * @param secure whether Hadoop's security is on here
     * @param loggedIn whether the user holds Kerberos credentials
     */
    static void check(boolean secure, boolean loggedIn, Findings findings) {
        if (!secure) {
            return;
        }
        if (!loggedIn) {
            findings.mistake(
                    "nobody is logged in here, but hadoop.security.authentication is kerberos (run kinit first)");
        }
        findings.warning("the service lives on delegation tokens of this launch, which the cluster lets die after"
                + " dfs.namenode.delegation.token.max-lifetime (a week by default): stop and launch it anew before that,"
                + " since no server can be started later; logging in from a keytab is not supported yet");
    }
}
