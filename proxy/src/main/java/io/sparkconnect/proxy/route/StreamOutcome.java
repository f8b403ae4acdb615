/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

/** How a relayed stream ended. */
public sealed interface StreamOutcome {
    /** The server answered with trailers. */
    record Answered(int grpcStatus) implements StreamOutcome {}

    /** The client cancelled or its connection broke. */
    record Cancelled() implements StreamOutcome {}

    /** The server is there, but took no further stream: it never saw this one. */
    record NotSent(String cause) implements StreamOutcome {}

    /** The server's connection could not be made. */
    record ConnectFailed(String cause) implements StreamOutcome {}

    /** The server's connection broke while the stream was open. */
    record ConnectionLost(String cause) implements StreamOutcome {}
}
