/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

/** The shapes of load that go on until they are stopped. */
public sealed interface Shape {
    /** Small calls, each connection's session keeping {@code inFlight} of them under way. */
    record Unary(int connections, int inFlight) implements Shape {}

    /** Small calls at a fixed rate, whatever becomes of those before them, dealt over the connections in turn. */
    record UnaryAtRate(int connections, int perSecond) implements Shape {}

    /** Queries of {@code messages} result batches, {@code inFlight} under way per connection. */
    record Results(int connections, int inFlight, int messages, int bytes) implements Shape {}

    /** Uploads of {@code chunks} messages, {@code inFlight} under way per connection. */
    record Uploads(int connections, int inFlight, int chunks, int bytes) implements Shape {}

    /** A new connection for each small call, {@code concurrency} at a time, at most {@code count} in all. */
    record Connects(int concurrency, int count) implements Shape {}

    /** A new session for each small call, until {@code count} are made; ends by itself. */
    record Sessions(int connections, int count) implements Shape {}
}
