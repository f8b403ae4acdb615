/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.security.token.TokenIdentifier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PassedTokensTest {
    private static final AtomicInteger GIVEN = new AtomicInteger();
    private static final Text FILES = new Text("files");

    /** Gives a token with a number of its own each time. */
    public static final class TokenGivingFileSystem extends LocalFileSystem {
        @Override
        public URI getUri() {
            return URI.create("tokens:///");
        }

        @Override
        public String getCanonicalServiceName() {
            return FILES.toString();
        }

        @Override
        public Token<?> getDelegationToken(String renewer) {
            return token("FILES", FILES, GIVEN.incrementAndGet());
        }
    }

    private final Configuration conf = new Configuration(false);
    private final UserGroupInformation self = UserGroupInformation.createRemoteUser("ana");
    private final AtomicBoolean mayAsk = new AtomicBoolean();
    private final PassedTokens tokens = new PassedTokens(conf, new Path("tokens:///staging"), self, mayAsk::get);

    @BeforeEach
    void configure() {
        GIVEN.set(100);
        conf.setClass("fs.tokens.impl", TokenGivingFileSystem.class, org.apache.hadoop.fs.FileSystem.class);
        self.addToken(token("FILES", FILES, 1));
        self.addToken(token("RM_DELEGATION_TOKEN", new Text("rm"), 2));
        self.addToken(token("YARN_AM_RM_TOKEN", new Text("am"), 3));
    }

    @Test
    void neverHandsOnWhatMakesAnApplicationMaster() throws Exception {
        assertThat(tokens.forLaunch().getAllTokens())
                .extracting(token -> token.getKind().toString())
                .containsExactlyInAnyOrder("FILES", "RM_DELEGATION_TOKEN");
    }

    @Test
    void givesEachLaunchFreshTokensWhereItMayAskForThem() throws Exception {
        mayAsk.set(true);

        int first = number(tokens.forLaunch());
        int second = number(tokens.forLaunch());

        assertThat(first).isEqualTo(101);
        assertThat(second).isEqualTo(102);
    }

    @Test
    void handsOnItsOwnAsTheyAreAtThatMoment() throws Exception {
        assertThat(number(tokens.forLaunch())).isEqualTo(1);

        self.addToken(token("FILES", FILES, 7));

        assertThat(number(tokens.forLaunch())).isEqualTo(7);
    }

    @Test
    void saysAllThatIsMissingWhereSecurityIsOnAndNobodyIsLoggedIn() throws Exception {
        tokens.demandWhatLaunchesNeed();
        PassedTokens without = new PassedTokens(
                conf, new Path("tokens:///staging"), UserGroupInformation.createRemoteUser("ben"), mayAsk::get);

        assertThatThrownBy(without::demandWhatLaunchesNeed)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no delegation token of tokens:///")
                .hasMessageContaining("no delegation token of the ResourceManager")
                .hasMessageContaining("kinit");

        mayAsk.set(true);
        without.demandWhatLaunchesNeed();
    }

    private static int number(Credentials credentials) {
        Token<? extends TokenIdentifier> token = credentials.getToken(FILES);
        assertThat(token).isNotNull();
        return token.getIdentifier()[0];
    }

    private static Token<TokenIdentifier> token(String kind, Text service, int number) {
        return new Token<>(new byte[] {(byte) number}, new byte[0], new Text(kind), service);
    }
}
