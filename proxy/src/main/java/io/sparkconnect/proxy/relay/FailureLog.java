/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.listen.SparingLogs;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of peers that break the rules: each one to developers, one of a kind in ten seconds to operators, because strangers
 * must not be able to fill the log. The counters of limits tell how many there were. Thread-safe.
 */
final class FailureLog {
    private static final Logger log = LoggerFactory.getLogger(FailureLog.class);

    private final SparingLogs sparing;

    FailureLog(LongSupplier nanoTime) {
        this.sparing = new SparingLogs(nanoTime);
    }

    /** @param hop the connection, as it calls itself */
    void connectionEnded(HopChannel hop, ErrorCode code, String why) {
        long frames = hop.reader().framesRead();
        log.debug("{} ended with {} after {} frames: {}", hop.describe(), code, frames, why);
        sparing.log(
                hop.getClass().getSimpleName() + code,
                leftOut -> log.info(
                        "{} ended with {} after {} frames: {} ({} more such ends since the last line)",
                        hop.describe(),
                        code,
                        frames,
                        why,
                        leftOut));
    }

    /** A client's stream was ended because there was no memory for what nobody read of it. */
    void streamGivenUp(HopChannel hop, int streamId, int held) {
        log.debug("client={} stream={} given up with {} bytes unread", hop.describe(), streamId, held);
        sparing.log(
                "stream-given-up",
                leftOut -> log.warn(
                        "client={} stream={} given up with {} bytes unread: the proxy keeps as much as it may"
                                + " (sparkconnect.proxy.buffer.max.mib; {} more such streams since the last line)",
                        hop.describe(),
                        streamId,
                        held,
                        leftOut));
    }

    /** A server's stream, and not its connection, was broken by it. */
    void serverStreamReset(HopChannel hop, int streamId, ErrorCode code, String why) {
        log.debug("{} stream={} reset with {}: {}", hop.describe(), streamId, code, why);
        sparing.log(
                "server-stream-" + code,
                leftOut -> log.warn(
                        "{} stream={} reset with {}: {} ({} more such resets since the last line)",
                        hop.describe(),
                        streamId,
                        code,
                        why,
                        leftOut));
    }
}
