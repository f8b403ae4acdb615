/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.zookeeper.AsyncZooKeeper.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes to records. Garbage is logged once for each version of a node, then skipped in silence. Confined to its owner's
 * thread.
 *
 * @param <T> record type
 */
final class RecordReader<T extends Record> {
    private static final Logger LOG = LoggerFactory.getLogger(RecordReader.class);

    private final Class<T> type;
    private final BiFunction<String, T, String> problem;
    private final Map<String, Long> complained = new HashMap<>();

    /** @param problem what is wrong with the record of a node of this name, or empty */
    RecordReader(Class<T> type, BiFunction<String, T, String> problem) {
        this.type = type;
        this.problem = problem;
    }

    Optional<T> read(String path, Node node) {
        String wrong;
        try {
            T record = JsonCodec.decode(node.data(), type, path);
            wrong = problem.apply(path.substring(path.lastIndexOf('/') + 1), record);
            if (wrong.isEmpty()) {
                complained.remove(path);
                return Optional.of(record);
            }
        } catch (RegistryDataException e) {
            wrong = String.valueOf(e.getMessage());
        }
        Long version = node.stat().getMzxid();
        if (!version.equals(complained.put(path, version))) {
            LOG.warn("path={} is skipped: {}", path, wrong);
        }
        return Optional.empty();
    }

    void forget(String path) {
        complained.remove(path);
    }
}
