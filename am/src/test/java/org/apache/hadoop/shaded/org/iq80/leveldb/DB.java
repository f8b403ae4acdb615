/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.iq80.leveldb;

import java.io.Closeable;

/** Of LevelDB's, what NodeManagers call. */
public interface DB extends Closeable {
    byte[] get(byte[] key);

    void put(byte[] key, byte[] value);

    void delete(byte[] key);

    WriteBatch createWriteBatch();

    /** All of it or nothing. */
    void write(WriteBatch batch);

    DBIterator iterator();

    DBIterator iterator(ReadOptions options);
}
