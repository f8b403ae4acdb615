/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

/**
 * A gRPC answer that the proxy gives itself, independent of the engine that writes it.
 *
 * @param code gRPC status code, 0 to 16
 * @param message status message, unencoded; empty for OK. Equals the message inside {@code details}: grpcio refuses an
 *     answer in which they differ
 * @param details bytes of a {@code google.rpc.Status} for {@code grpc-status-details-bin}; empty when there is none
 * @param responseMessage the one response message (without its five-byte prefix) that precedes an OK; empty otherwise
 */
// Built once per answer and handed to the relay; nobody compares or changes it.
@SuppressWarnings("ArrayRecordComponent")
public record StatusAnswer(int code, String message, byte[] details, byte[] responseMessage) {}
