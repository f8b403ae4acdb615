/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.h2.ClientPreface;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Limit;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How a client's connection begins: with the preface, and with SETTINGS within the time for both. Confined to the loop. */
final class ClientGreeting {
    private final FrontConnection connection;
    private final long timeoutMs;
    private final ClientPreface preface = new ClientPreface();
    private @Nullable Future<?> deadline;

    ClientGreeting(FrontConnection connection, long timeoutMs) {
        this.connection = connection;
        this.timeoutMs = timeoutMs;
    }

    /** From now on the time runs. */
    void await() {
        deadline = connection.ctx().executor().schedule(this::onTooLate, timeoutMs, TimeUnit.MILLISECONDS);
    }

    /** Takes the preface off the front. Returns whether all of it has come, so that the rest is frames. */
    boolean read(ByteBuf in) throws ConnectionErrorException {
        if (!preface.isComplete() && !preface.match(in)) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "no HTTP/2 preface");
        }
        return preface.isComplete();
    }

    /** The client's SETTINGS have come, or the connection is gone. Idempotent. */
    void isOver() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    private void onTooLate() {
        connection.guard.hit(Limit.PREFACE_TIME);
        connection.fail(ErrorCode.SETTINGS_TIMEOUT, "limit PREFACE_TIME: no SETTINGS");
    }
}
