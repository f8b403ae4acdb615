/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import java.util.concurrent.CompletableFuture;

/** A load under way. Any thread. */
public interface Load {
    /** Starts nothing further; what is under way is finished. */
    void stop();

    /** Completes, never with an error, when nothing is under way any more and all connections are closed. */
    CompletableFuture<Void> ended();
}
