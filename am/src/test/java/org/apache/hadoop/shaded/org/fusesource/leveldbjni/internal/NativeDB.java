/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.fusesource.leveldbjni.internal;

import java.io.IOException;

/** Only for its exception. */
public final class NativeDB {
    private NativeDB() {}

    /** There is no database. */
    public static final class DBException extends IOException {
        private static final long serialVersionUID = 1;

        public DBException(String message) {
            super(message);
        }

        public boolean isNotFound() {
            return true;
        }
    }
}
