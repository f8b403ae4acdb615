/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

/** The status codes of gRPC that the engine speaks of. */
final class GrpcStatus {
    static final int OK = 0;
    static final int CANCELLED = 1;
    static final int UNKNOWN = 2;
    static final int INVALID_ARGUMENT = 3;
    static final int DEADLINE_EXCEEDED = 4;
    static final int PERMISSION_DENIED = 7;
    static final int RESOURCE_EXHAUSTED = 8;
    static final int UNIMPLEMENTED = 12;
    static final int INTERNAL = 13;
    static final int UNAVAILABLE = 14;

    private GrpcStatus() {}
}
