/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.iq80.leveldb;

/** Of LevelDB's, what NodeManagers call. */
public final class Options {
    private boolean create = true;

    public Options createIfMissing(boolean create) {
        this.create = create;
        return this;
    }

    public boolean createIfMissing() {
        return create;
    }
}
