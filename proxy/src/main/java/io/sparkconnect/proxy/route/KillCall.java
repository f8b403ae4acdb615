/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;

/** What a server is told so that a session ends there. */
enum KillCall {
    /** Spark 4.0 and later: interrupts what runs and frees what the session holds. */
    RELEASE_SESSION(ConnectMethod.RELEASE_SESSION),
    /** Spark 3.5 has no more: interrupts what runs. It keeps the session until it has been idle for an hour. */
    INTERRUPT(ConnectMethod.INTERRUPT);

    /** {@code InterruptRequest.interrupt_type}, and its value for everything. */
    private static final int INTERRUPT_TYPE_FIELD = 4;

    private static final int INTERRUPT_TYPE_ALL = 1;

    private final ConnectMethod method;

    KillCall(ConnectMethod method) {
        this.method = method;
    }

    ConnectMethod method() {
        return method;
    }

    byte[] request(SessionKey session) {
        ProtoWriter request = LocateProbe.ofSession(session);
        return this == INTERRUPT
                ? request.number(INTERRUPT_TYPE_FIELD, INTERRUPT_TYPE_ALL).toBytes()
                : request.toBytes();
    }
}
