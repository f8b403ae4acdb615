/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.h2.ErrorCode;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The polite end of a client's connection: GOAWAY with the highest id, a PING to know that it was read, GOAWAY with the real
 * last id, and the close after the last stream. A single GOAWAY would lose the streams that were on their way. Confined to
 * the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
final class FrontDrain {
    private static final long PAYLOAD = 0x6472_6169_6e21_2121L;
    private static final long ACK_WAIT_SECONDS = 10;
    private static final long LAST_WORDS_MS = 500;

    private final FrontConnection connection;
    private boolean begun;
    private boolean lastIdSent;
    private @Nullable Future<?> timer;

    FrontDrain(FrontConnection connection) {
        this.connection = connection;
    }

    void begin() {
        if (begun || connection.isClosing()) {
            return;
        }
        begun = true;
        connection.outlet().goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR);
        connection.outlet().ping(PAYLOAD, false);
        timer = connection.ctx().executor().schedule(this::sendLastId, ACK_WAIT_SECONDS, TimeUnit.SECONDS);
    }

    void onAck(long payload) {
        if (payload == PAYLOAD) {
            sendLastId();
        }
    }

    /** Now, whatever is open; what was written just before still leaves. */
    void finish() {
        if (connection.isClosing()) {
            return;
        }
        begun = true;
        sendLastId();
        stop();
        timer = connection
                .ctx()
                .executor()
                .schedule(
                        () -> {
                            connection.ctx().close();
                        },
                        LAST_WORDS_MS,
                        TimeUnit.MILLISECONDS);
    }

    void onStreamEnded() {
        if (lastIdSent) {
            closeIfDone();
        }
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void sendLastId() {
        if (begun && !lastIdSent && !connection.isClosing()) {
            lastIdSent = true;
            stop();
            connection.outlet().goAway(connection.refuseNewStreams(), ErrorCode.NO_ERROR);
            closeIfDone();
        }
    }

    private void closeIfDone() {
        if (connection.streams.isEmpty()) {
            connection.ctx().executor().execute(() -> {
                connection.outlet().flush();
                connection.ctx().close();
            });
        }
    }
}
