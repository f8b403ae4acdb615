/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.zookeeper.BlockingZooKeeper.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes a service's nodes. Bindings may be 100,000 and others may still write them, so they go one by one, many under
 * way at once. Living proxies keep their own (ephemeral) nodes: they wait for the service to come back.
 */
final class ServiceRemoval {
    /** Most operations of one transaction. */
    static final int BATCH = 500;

    private static final Logger LOG = LoggerFactory.getLogger(ServiceRemoval.class);

    private final BlockingZooKeeper zooKeeper;
    private final RegistryPaths paths;

    ServiceRemoval(BlockingZooKeeper zooKeeper, RegistryPaths paths) {
        this.zooKeeper = zooKeeper;
        this.paths = paths;
    }

    /** Asked before each portion; throws when the work has become somebody else's. */
    interface Permission<E extends Exception> {
        void check() throws E, RegistryAwayException, InterruptedException;
    }

    <E extends Exception> void removeBindings(Permission<E> permission)
            throws E, RegistryAwayException, InterruptedException {
        for (String bucket : zooKeeper.children(paths.sessions())) {
            permission.check();
            removeTree(paths.sessions() + "/" + bucket);
        }
    }

    /** Everything below a path and the path itself; what others write meanwhile may stay. */
    void removeTree(String path) throws RegistryAwayException, InterruptedException {
        List<String> children =
                zooKeeper.children(path).stream().map(name -> path + "/" + name).toList();
        List<String> parents = new ArrayList<>();
        List<Boolean> gone = zooKeeper.all("remove what is below " + path, children, this::deleteIfEmpty);
        for (int i = 0; i < children.size(); i++) {
            if (!gone.get(i)) {
                parents.add(children.get(i));
            }
        }
        for (String parent : parents) {
            removeTree(parent);
        }
        removeIfEmpty(path);
    }

    /** The directories that are left when all records are gone, up to the service's own node. */
    void removeEmptyDirectories() throws RegistryAwayException, InterruptedException {
        for (String path : List.of(
                paths.servers(), paths.slots(), paths.deaths(), paths.kills(), paths.sessions(), paths.proxies())) {
            removeIfEmpty(path);
        }
        if (!removeIfEmpty(paths.root())) {
            LOG.info("path={} stays: {} are still there", paths.root(), zooKeeper.children(paths.root()));
        }
    }

    private boolean removeIfEmpty(String path) throws RegistryAwayException, InterruptedException {
        try {
            return zooKeeper.again("remove " + path, () -> deleteIfEmpty(path));
        } catch (RefusedException e) {
            throw e.asAway();
        }
    }

    /** Yields whether the node is gone. */
    private CompletableFuture<Boolean> deleteIfEmpty(String path) {
        return zooKeeper
                .async()
                .delete(path, AsyncZooKeeper.ANY_VERSION)
                .thenApply(deleted -> true)
                .exceptionallyCompose(failure -> AsyncZooKeeper.codeOf(failure) == Code.NOTEMPTY
                        ? CompletableFuture.completedFuture(false)
                        : CompletableFuture.failedFuture(failure));
    }
}
