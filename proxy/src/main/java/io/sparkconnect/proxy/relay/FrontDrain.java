/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The polite end of a client's connection: GOAWAY with the highest id, a PING to know that it was read, GOAWAY with the real
 * last id, and the close after the last stream. A single GOAWAY would lose the streams that were on their way. Confined to
 * the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class FrontDrain {
    private static final long PAYLOAD = 0x6472_6169_6e21_2121L;
    private static final long ACK_WAIT_SECONDS = 10;
    private static final long LAST_WORDS_MS = 500;

    private final RelayConnection connection;
    private boolean begun;
    private boolean lastIdSent;
    private @Nullable Future<?> timer;

    FrontDrain(RelayConnection connection) {
        this.connection = connection;
    }

    void begin() {
        if (begun) {
            return;
        }
        begun = true;
        connection.sendGoAway(Integer.MAX_VALUE, Http2Error.NO_ERROR);
        connection.sendPing(PAYLOAD);
        timer = connection.loop().schedule(this::sendLastId, ACK_WAIT_SECONDS, TimeUnit.SECONDS);
    }

    void onAck(long payload) {
        if (payload == PAYLOAD) {
            sendLastId();
        }
    }

    /** Now, whatever is open; what was written just before still leaves. */
    void finish() {
        begun = true;
        sendLastId();
        stop();
        timer = connection
                .loop()
                .schedule(() -> connection.breakOff("the proxy stopped"), LAST_WORDS_MS, TimeUnit.MILLISECONDS);
    }

    void onStreamRemoved() {
        closeIfDone();
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void sendLastId() {
        if (begun && !lastIdSent) {
            lastIdSent = true;
            stop();
            int lastId = connection.connection().remote().lastStreamCreated();
            connection.sendGoAway(lastId, Http2Error.NO_ERROR);
            closeIfDone();
        }
    }

    private void closeIfDone() {
        if (lastIdSent && connection.connection().numActiveStreams() == 0) {
            connection.loop().execute(() -> {
                connection.flush(connection.context());
                connection.context().close();
            });
        }
    }
}
