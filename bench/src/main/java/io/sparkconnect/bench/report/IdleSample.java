/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

/**
 * Memory of one peer with idle connections: growth per connection of its proportional set and, for a JVM, of its live
 * heap, in KiB; what the whole process has then; and CPU milliseconds per second of silence.
 */
public record IdleSample(
        String peer,
        int connections,
        int alive,
        double pssPerConnection,
        double heapPerConnection,
        double pssMib,
        double idleCpu) {}
