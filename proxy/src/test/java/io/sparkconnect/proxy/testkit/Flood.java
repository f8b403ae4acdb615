/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/** A server's answer that is written as fast as flow control allows. */
public final class Flood {
    private final byte[] chunk;
    private final int chunks;
    private final AtomicLong sent = new AtomicLong();

    public Flood(int chunkBytes, int chunks) {
        this.chunk = new byte[chunkBytes];
        new Random(11).nextBytes(chunk);
        this.chunks = chunks;
    }

    public byte[] chunk() {
        return chunk;
    }

    /** Bytes that the gRPC library took, over all calls. */
    public long sentBytes() {
        return sent.get();
    }

    public void answer(StreamObserver<byte[]> observer) {
        ServerCallStreamObserver<byte[]> out = (ServerCallStreamObserver<byte[]>) observer;
        int[] left = {chunks};
        out.setOnCancelHandler(() -> left[0] = 0);
        out.setOnReadyHandler(() -> {
            while (left[0] > 0 && out.isReady()) {
                sent.addAndGet(chunk.length);
                out.onNext(chunk);
                if (--left[0] == 0) {
                    out.onCompleted();
                }
            }
        });
    }
}
