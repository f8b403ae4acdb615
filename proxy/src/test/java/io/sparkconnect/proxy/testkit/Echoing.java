/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.grpc.stub.StreamObserver;

/** A server's answer to a stream: each message's payload again, and the end after the client's. */
public final class Echoing implements StreamObserver<byte[]> {
    private final StreamObserver<byte[]> out;

    public Echoing(StreamObserver<byte[]> out) {
        this.out = out;
    }

    /** The same for a single message. */
    public static void once(byte[] request, StreamObserver<byte[]> out) {
        out.onNext(Grpc.payload(request));
        out.onCompleted();
    }

    @Override
    public void onNext(byte[] request) {
        out.onNext(Grpc.payload(request));
    }

    @Override
    public void onError(Throwable cause) {
        // The client is gone: nobody is left to be told.
    }

    @Override
    public void onCompleted() {
        out.onCompleted();
    }
}
