/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.fusesource.leveldbjni;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import org.apache.hadoop.shaded.org.iq80.leveldb.DB;
import org.apache.hadoop.shaded.org.iq80.leveldb.DBException;
import org.apache.hadoop.shaded.org.iq80.leveldb.DBIterator;
import org.apache.hadoop.shaded.org.iq80.leveldb.ReadOptions;
import org.apache.hadoop.shaded.org.iq80.leveldb.WriteBatch;
import org.jspecify.annotations.Nullable;

/** A sorted map whose changes are appended to a file before they are made. Thread-safe. */
final class JournaledMap implements DB {
    private static final int DELETED = -1;

    private final NavigableMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
    private final OutputStream journal;

    private JournaledMap(Path file) throws IOException {
        if (Files.exists(file)) {
            replay(file);
        }
        journal = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    static JournaledMap in(Path directory) throws IOException {
        return new JournaledMap(Files.createDirectories(directory).resolve("journal"));
    }

    private void replay(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            while (true) {
                List<Change> changes = new ArrayList<>();
                for (int left = in.readInt(); left > 0; left--) {
                    byte[] key = in.readNBytes(in.readInt());
                    int length = in.readInt();
                    changes.add(new Change(key, length == DELETED ? null : in.readNBytes(length)));
                }
                changes.forEach(this::make);
            }
        } catch (EOFException e) {
            // Its writer ended there.
        }
    }

    /** Without a value: the key's entry goes. */
    private static final class Change {
        final byte[] key;
        final byte @Nullable [] value;

        Change(byte[] key, byte @Nullable [] value) {
            this.key = key;
            this.value = value;
        }
    }

    private void make(Change change) {
        if (change.value == null) {
            entries.remove(change.key);
        } else {
            entries.put(change.key, change.value);
        }
    }

    private synchronized void write(List<Change> changes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(changes.size());
            for (Change change : changes) {
                out.writeInt(change.key.length);
                out.write(change.key);
                byte[] value = change.value;
                out.writeInt(value == null ? DELETED : value.length);
                out.write(value == null ? new byte[0] : value);
            }
            journal.write(bytes.toByteArray());
        } catch (IOException e) {
            throw new DBException("cannot write the journal", e);
        }
        changes.forEach(this::make);
    }

    @Override
    public synchronized byte @Nullable [] get(byte[] key) {
        return entries.get(key);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        write(List.of(new Change(key, value)));
    }

    @Override
    public void delete(byte[] key) {
        write(List.of(new Change(key, null)));
    }

    @Override
    public WriteBatch createWriteBatch() {
        return new Batch();
    }

    @Override
    public void write(WriteBatch batch) {
        write(((Batch) batch).changes);
    }

    @Override
    public synchronized DBIterator iterator() {
        return new Entries(new TreeMap<>(entries));
    }

    @Override
    public DBIterator iterator(ReadOptions options) {
        return iterator();
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }

    private static final class Batch implements WriteBatch {
        private final List<Change> changes = new ArrayList<>();

        @Override
        public WriteBatch put(byte[] key, byte[] value) {
            changes.add(new Change(key, value));
            return this;
        }

        @Override
        public WriteBatch delete(byte[] key) {
            changes.add(new Change(key, null));
            return this;
        }

        @Override
        public void close() {}
    }

    /** Stands between two entries. */
    private static final class Entries implements DBIterator {
        private final List<Map.Entry<byte[], byte[]>> entries;
        private int next;

        Entries(NavigableMap<byte[], byte[]> entries) {
            this.entries = List.copyOf(entries.entrySet());
        }

        @Override
        public void seek(byte[] key) {
            next = 0;
            while (hasNext() && Arrays.compareUnsigned(peekNext().getKey(), key) < 0) {
                next++;
            }
        }

        @Override
        public void seekToFirst() {
            next = 0;
        }

        @Override
        public void seekToLast() {
            next = Math.max(0, entries.size() - 1);
        }

        @Override
        public boolean hasNext() {
            return next < entries.size();
        }

        @Override
        public Map.Entry<byte[], byte[]> next() {
            Map.Entry<byte[], byte[]> entry = peekNext();
            next++;
            return entry;
        }

        @Override
        public Map.Entry<byte[], byte[]> peekNext() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return entries.get(next);
        }

        @Override
        public boolean hasPrev() {
            return next > 0;
        }

        @Override
        public Map.Entry<byte[], byte[]> prev() {
            Map.Entry<byte[], byte[]> entry = peekPrev();
            next--;
            return entry;
        }

        @Override
        public Map.Entry<byte[], byte[]> peekPrev() {
            if (!hasPrev()) {
                throw new NoSuchElementException();
            }
            return entries.get(next - 1);
        }

        @Override
        public void close() {}
    }
}
