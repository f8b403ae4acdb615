/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.fusesource.leveldbjni;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import org.apache.hadoop.shaded.org.fusesource.leveldbjni.internal.NativeDB;
import org.apache.hadoop.shaded.org.iq80.leveldb.DB;
import org.apache.hadoop.shaded.org.iq80.leveldb.Options;

/** Of leveldbjni's, what NodeManagers call. */
public final class JniDBFactory {
    public static final JniDBFactory factory = new JniDBFactory();

    private JniDBFactory() {}

    public static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    public static String asString(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    public DB open(File directory, Options options) throws IOException {
        if (!directory.exists() && !options.createIfMissing()) {
            throw new NativeDB.DBException(directory + " does not exist (create_if_missing is false)");
        }
        return JournaledMap.in(directory.toPath());
    }
}
