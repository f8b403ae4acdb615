/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.util.AsciiString;
import io.sparkconnect.bench.wire.BenchMessage;
import io.sparkconnect.bench.wire.MessageReader;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One Spark Connect session as a client knows it, and the server that answered it first. Any thread. */
final class Session {
    private final String id = UUID.randomUUID().toString();
    private final byte[] idBytes = id.getBytes(StandardCharsets.US_ASCII);
    private volatile byte[] requestIdentity = BenchMessage.requestIdentity(id, "bench");
    private final AsciiString header = AsciiString.of(id);
    private volatile byte @Nullable [] server;

    /** As clients of Spark 4 do, a request says which server the session has seen, once it has. */
    byte[] requestIdentity() {
        return requestIdentity;
    }

    AsciiString header() {
        return header;
    }

    boolean isEchoedBy(MessageReader answer) {
        return answer.sessionIs(idBytes);
    }

    /** Whether the answer comes from the server that answered first; the first answer decides which that is. */
    synchronized boolean bindTo(MessageReader answer) {
        byte[] bound = server;
        if (bound == null) {
            bound = answer.server();
            server = bound;
            requestIdentity = BenchMessage.withSeenServer(requestIdentity, bound);
            return bound.length > 0;
        }
        return answer.serverIs(bound);
    }

    boolean isBoundTo(MessageReader answer) {
        byte[] bound = server;
        return bound == null ? bindTo(answer) : answer.serverIs(bound);
    }

    /** The bound server's id, or {@code none}. */
    String server() {
        byte[] bound = server;
        return bound == null ? "none" : new String(bound, StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
        return id;
    }
}
