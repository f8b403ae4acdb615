/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

/** When a stream is served that has to wait for a connection. */
public enum Turn {
    /** Behind those that wait, unless they are too many. */
    IN_LINE,
    /** Before all others, however many wait: it ends work, so that there will be room. */
    FIRST
}
