/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.iq80.leveldb;

import java.io.Closeable;
import java.util.Iterator;
import java.util.Map;

/** Of LevelDB's, what NodeManagers call: entries in the order of their keys, as they were when it was made. */
public interface DBIterator extends Iterator<Map.Entry<byte[], byte[]>>, Closeable {
    /** The next one is the first whose key is not below this. */
    void seek(byte[] key);

    void seekToFirst();

    void seekToLast();

    Map.Entry<byte[], byte[]> peekNext();

    boolean hasPrev();

    Map.Entry<byte[], byte[]> prev();

    Map.Entry<byte[], byte[]> peekPrev();
}
