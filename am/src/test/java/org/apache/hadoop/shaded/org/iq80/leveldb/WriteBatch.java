/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.iq80.leveldb;

import java.io.Closeable;

/** Of LevelDB's, what NodeManagers call. */
public interface WriteBatch extends Closeable {
    WriteBatch put(byte[] key, byte[] value);

    WriteBatch delete(byte[] key);
}
