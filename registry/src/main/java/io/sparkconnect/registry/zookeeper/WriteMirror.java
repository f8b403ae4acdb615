/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.RegistryPaths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.jspecify.annotations.Nullable;

/**
 * What the only writer believes to be stored: it decides between create and set (a transaction knows no "put"), and has
 * the fields that other versions wrote. Confined to the AM's registry thread.
 */
final class WriteMirror {
    /** ZooKeeper refuses a packet of 1 MiB; a transaction stays well below. */
    static final int SAFE_BYTES = 512 * 1024;

    private static final int MOST_RECORD_BYTES = 1000 * 1000;
    private static final int SAFE_OPERATIONS = 500;
    /** Room for the operation's header in the packet, beside path and data. */
    private static final int OVERHEAD = 64;

    private final BlockingZooKeeper zooKeeper;
    private final RegistryPaths paths;
    private final Map<String, byte[]> stored = new HashMap<>();
    private boolean uncertain = true;

    WriteMirror(BlockingZooKeeper zooKeeper, RegistryPaths paths) {
        this.zooKeeper = zooKeeper;
        this.paths = paths;
    }

    /** Changes for one transaction: the new bytes by path, null to remove. */
    record Part(Map<String, byte @Nullable []> bytes) {}

    /** Reads what is there, and makes the directories where they are missing. */
    void refresh() throws RegistryAwayException, InterruptedException {
        Map<String, byte[]> found = new HashMap<>();
        for (String parent : List.of(paths.slots(), paths.servers(), paths.deaths())) {
            zooKeeper.makeDirectory(parent);
            zooKeeper.readChildren(parent).forEach((name, bytes) -> found.put(parent + "/" + name, bytes));
        }
        zooKeeper.read(paths.status()).ifPresent(node -> found.put(paths.status(), node.data()));
        stored.clear();
        stored.putAll(found);
        uncertain = false;
    }

    /** A write's answer was lost: {@link #refreshIfUncertain} has to look again. */
    void isUncertain() {
        uncertain = true;
    }

    void refreshIfUncertain() throws RegistryAwayException, InterruptedException {
        if (uncertain) {
            refresh();
        }
    }

    /** Encodes the records, null ones to be removed, and splits them where one transaction would grow too big. */
    List<Part> parts(Map<String, @Nullable Record> wanted) {
        List<Part> parts = new ArrayList<>();
        Map<String, byte @Nullable []> part = new LinkedHashMap<>();
        int size = 0;
        for (Map.Entry<String, @Nullable Record> entry : wanted.entrySet()) {
            byte[] bytes = entry.getValue() == null ? null : encoded(entry.getKey(), entry.getValue());
            int more = OVERHEAD + entry.getKey().length() + (bytes == null ? 0 : bytes.length);
            if (!part.isEmpty() && (size + more > SAFE_BYTES || part.size() == SAFE_OPERATIONS)) {
                parts.add(new Part(part));
                part = new LinkedHashMap<>();
                size = 0;
            }
            part.put(entry.getKey(), bytes);
            size += more;
        }
        // Also when nothing is to be written: an empty commit asks whether the claim still holds.
        if (!part.isEmpty() || parts.isEmpty()) {
            parts.add(new Part(part));
        }
        return parts;
    }

    List<Op> operations(Part part) {
        List<Op> operations = new ArrayList<>();
        part.bytes().forEach((path, bytes) -> {
            boolean exists = stored.containsKey(path);
            if (bytes == null) {
                if (exists) {
                    operations.add(Op.delete(path, AsyncZooKeeper.ANY_VERSION));
                }
            } else if (exists) {
                operations.add(Op.setData(path, bytes, AsyncZooKeeper.ANY_VERSION));
            } else {
                operations.add(Op.create(path, bytes, AsyncZooKeeper.ACCESS, CreateMode.PERSISTENT));
            }
        });
        return operations;
    }

    void applied(Part part) {
        part.bytes().forEach((path, bytes) -> {
            if (bytes == null) {
                stored.remove(path);
            } else {
                stored.put(path, bytes);
            }
        });
    }

    private byte[] encoded(String path, Record record) {
        byte[] old = stored.get(path);
        byte[] bytes = old == null ? JsonCodec.encode(record) : JsonCodec.encodeOver(old, record);
        if (bytes.length > MOST_RECORD_BYTES) {
            throw new RegistryDataException(
                    path + " would hold " + bytes.length + " bytes (expected: at most " + MOST_RECORD_BYTES + ")",
                    null);
        }
        return bytes;
    }
}
