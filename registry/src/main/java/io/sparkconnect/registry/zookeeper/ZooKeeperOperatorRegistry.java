/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.zookeeper.AsyncZooKeeper.Node;
import io.sparkconnect.registry.zookeeper.BlockingZooKeeper.RefusedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command line's registry in ZooKeeper. Confined to the thread that uses it. */
public final class ZooKeeperOperatorRegistry implements OperatorRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperOperatorRegistry.class);

    private final BlockingZooKeeper zooKeeper;
    private final String parent;
    private final RegistryPaths paths;

    /**
     * @param connection stays the caller's to close; its connect time-out bounds every call here
     * @param parent path above all services, such as {@code /sparkconnect}
     * @param service name of the service that the commands are about
     */
    public ZooKeeperOperatorRegistry(ZooKeeperConnection connection, String parent, String service) {
        this.zooKeeper = new BlockingZooKeeper(connection);
        this.parent = parent;
        this.paths = RegistryPaths.of(parent, service);
    }

    @Override
    public Optional<ServiceSpec> readSpec() throws RegistryAwayException, InterruptedException {
        return zooKeeper.read(paths.spec()).map(node -> JsonCodec.decode(node.data(), ServiceSpec.class, paths.spec()));
    }

    @Override
    public boolean createSpec(ServiceSpec spec) throws RegistryAwayException, InterruptedException {
        byte[] json = JsonCodec.encode(spec);
        while (true) {
            try {
                // Once: after a lost answer nobody could tell our own spec from another command's.
                zooKeeper.once(
                        "create " + paths.spec(),
                        () -> zooKeeper.async().create(paths.spec(), json, CreateMode.PERSISTENT));
                return true;
            } catch (RefusedException e) {
                if (e.code == Code.NODEEXISTS) {
                    return false;
                }
                if (e.code != Code.NONODE) {
                    throw e.asAway();
                }
                zooKeeper.makeDirectory(paths.root());
            }
        }
    }

    @Override
    public Optional<ServiceSpec> updateSpec(UnaryOperator<ServiceSpec> change)
            throws RegistryAwayException, InterruptedException {
        while (true) {
            Node node = zooKeeper.read(paths.spec()).orElse(null);
            if (node == null) {
                return Optional.empty();
            }
            ServiceSpec current = JsonCodec.decode(node.data(), ServiceSpec.class, paths.spec());
            ServiceSpec changed = change.apply(current);
            if (changed.equals(current)) {
                return Optional.of(current);
            }
            byte[] json = JsonCodec.encodeOver(node.data(), changed);
            if (replace(node, json)) {
                return Optional.of(changed);
            }
        }
    }

    @Override
    public Optional<ServiceStatus> readStatus() throws RegistryAwayException, InterruptedException {
        return zooKeeper
                .read(paths.status())
                .map(node -> JsonCodec.decode(node.data(), ServiceStatus.class, paths.status()));
    }

    @Override
    public List<DeathCertificate> readDeaths() throws RegistryAwayException, InterruptedException {
        return readable(paths.deaths(), DeathCertificate.class);
    }

    @Override
    public List<SessionBinding> readSessions(int bucket) throws RegistryAwayException, InterruptedException {
        // As everywhere, what nobody can read binds nobody.
        return readable(paths.sessionBucket(bucket), SessionBinding.class).stream()
                .filter(binding ->
                        binding.userId() != null && binding.sessionId() != null && binding.serverId() != null)
                .toList();
    }

    @Override
    public void writeKill(SessionKill kill) throws RegistryAwayException, InterruptedException {
        byte[] json = JsonCodec.encode(kill);
        zooKeeper.makeDirectory(paths.kills());
        try {
            zooKeeper.again(
                    "write " + paths.kill(kill.killId()),
                    () -> zooKeeper.async().create(paths.kill(kill.killId()), json, CreateMode.PERSISTENT));
        } catch (RefusedException e) {
            // Its name is its content: there already is what was lost on the way back.
            if (e.code != Code.NODEEXISTS) {
                throw e.asAway();
            }
        }
    }

    @Override
    public List<SessionKill> readKills() throws RegistryAwayException, InterruptedException {
        return readable(paths.kills(), SessionKill.class);
    }

    @Override
    public List<ProxyRecord> readProxies() throws RegistryAwayException, InterruptedException {
        return readable(paths.proxies(), ProxyRecord.class);
    }

    @Override
    public List<String> listServices() throws RegistryAwayException, InterruptedException {
        List<String> services = new ArrayList<>();
        for (String name : zooKeeper.children(parent)) {
            // A node without a spec is what living proxies leave of a removed service, or not ours at all.
            if (zooKeeper.read(RegistryPaths.of(parent, name).spec()).isPresent()) {
                services.add(name);
            }
        }
        return services;
    }

    @Override
    public void removeService() throws RegistryAwayException, InterruptedException {
        ServiceRemoval removal = new ServiceRemoval(zooKeeper, paths);
        // Claims first: an ApplicationMaster that is alive after all can no longer write.
        for (String path : List.of(
                paths.epoch(), paths.sessions(), paths.servers(), paths.slots(), paths.deaths(), paths.kills())) {
            removal.removeTree(path);
        }
        for (String path : List.of(paths.status(), paths.spec())) {
            removal.removeTree(path);
        }
        removal.removeEmptyDirectories();
    }

    @Override
    public void close() {
        // The connection is its opener's.
    }

    /** Yields false when another command came in between. */
    private boolean replace(Node old, byte[] json) throws RegistryAwayException, InterruptedException {
        int version = old.stat().getVersion();
        try {
            zooKeeper.once("change " + paths.spec(), () -> zooKeeper.async().write(paths.spec(), json, version));
            return true;
        } catch (RefusedException e) {
            if (e.code == Code.BADVERSION || e.code == Code.NONODE) {
                return false;
            }
            throw e.asAway();
        } catch (RegistryAwayException e) {
            // The answer was lost; the next version with our bytes is our change.
            Optional<Node> now = zooKeeper.read(paths.spec());
            return now.isPresent()
                    && now.get().stat().getCzxid() == old.stat().getCzxid()
                    && now.get().stat().getVersion() == version + 1
                    && Arrays.equals(now.get().data(), json);
        }
    }

    private <T extends Record> List<T> readable(String directory, Class<T> type)
            throws RegistryAwayException, InterruptedException {
        List<T> found = new ArrayList<>();
        zooKeeper.readChildren(directory).forEach((name, json) -> {
            try {
                found.add(JsonCodec.decode(json, type, directory + "/" + name));
            } catch (RegistryDataException e) {
                LOG.warn("path={}/{} is ignored: {}", directory, name, e.getMessage());
            }
        });
        return found;
    }
}
