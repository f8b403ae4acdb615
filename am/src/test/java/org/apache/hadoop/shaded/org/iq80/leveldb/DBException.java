/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.iq80.leveldb;

/** What writes fail with. */
public final class DBException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DBException(String message, Throwable cause) {
        super(message, cause);
    }
}
