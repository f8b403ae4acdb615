/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Learns from a server which line of Spark it is of, for those whose version nobody has written down. ReleaseSession came
 * with Spark 4.0: a session that nobody has is released there with OK, and an unknown call to Spark 3. It creates nothing,
 * leaves nothing and logs nothing on either ({@code StandAloneIT} asks a real one of each).
 */
public final class SparkLine {
    /** As a server's version. */
    public static final String SPARK_3 = "3.x";
    /** As a server's version: 4.0 or any later one. */
    public static final String SPARK_4 = "4.x";

    private SparkLine() {}

    /** Whether a server of that version is of Spark 3; one of which the version is not known is not. */
    static boolean isSpark3(@Nullable String version) {
        return version != null && version.startsWith("3.");
    }

    /**
     * Yields the line; empty when the server's answer does not tell, as with a server that wants a token. Fails when there is
     * no answer. Returns at once; completed on any thread.
     */
    public static CompletableFuture<Optional<String>> ask(SessionEnder servers, Backend server) {
        KillCall release = KillCall.RELEASE_SESSION;
        SessionKey nobody = new SessionKey("", UUID.randomUUID().toString());
        return servers.call(server, release.method().rpcName(), release.request(nobody))
                .thenApply(answer -> switch (answer.grpcStatus()) {
                    case StatusAnswers.OK -> Optional.of(SPARK_4);
                    case StatusAnswers.UNIMPLEMENTED -> Optional.of(SPARK_3);
                    default -> Optional.empty();
                });
    }
}
