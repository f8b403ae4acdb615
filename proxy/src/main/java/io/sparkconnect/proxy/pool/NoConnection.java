/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

/**
 * Why a stream got no connection.
 *
 * @param cause in words
 */
public record NoConnection(Kind kind, String cause) {
    /** What it says about the server. */
    public enum Kind {
        /** No connection could be made: the server may be gone. */
        CANNOT_CONNECT,
        /** The server is there, and its connections carry as many streams as it allows. */
        NO_ROOM
    }
}
