/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.zookeeper.BlockingZooKeeper.RefusedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The AM's registry in ZooKeeper. Confined to the AM's registry thread, except {@link #onSpecChange}, {@link #onProxies} and {@link #close}.
 */
public final class ZooKeeperApplicationMasterRegistry implements ApplicationMasterRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperApplicationMasterRegistry.class);
    private static final int TRIES = 5;
    private static final long PAUSE_MS = 500;

    private final BlockingZooKeeper zooKeeper;
    private final RegistryPaths paths;
    private final String applicationId;
    private final WriteMirror mirror;
    private final SpecWatch specWatch;
    private final ProxyWatch proxyWatch;
    private @Nullable EpochClaim claim;

    /**
     * @param connection stays the caller's to close
     * @param applicationId of this AM: attempts are counted within an application, a later application beats an earlier
     */
    public ZooKeeperApplicationMasterRegistry(
            ZooKeeperConnection connection, RegistryPaths paths, String applicationId) {
        this.zooKeeper = new BlockingZooKeeper(connection);
        this.paths = paths;
        this.applicationId = Objects.requireNonNull(applicationId, "applicationId");
        this.mirror = new WriteMirror(zooKeeper, paths);
        this.specWatch = new SpecWatch(connection, paths.spec());
        this.proxyWatch = new ProxyWatch(connection, paths);
    }

    @Override
    public void claim(int attempt) throws FencedOutException, InterruptedException {
        Epoch mine = new Epoch(applicationId, attempt);
        for (long tries = 1; ; tries++) {
            try {
                claim = EpochClaim.make(zooKeeper, paths.epoch(), mine);
                mirror.refresh();
                LOG.info("application={} attempt={} is the writer of {}", applicationId, attempt, paths.root());
                return;
            } catch (RegistryAwayException e) {
                if (Long.bitCount(tries) == 1) {
                    LOG.warn(
                            "attempt={} cannot claim {} yet (try {}): {}",
                            attempt,
                            paths.epoch(),
                            tries,
                            e.getMessage());
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        }
    }

    @Override
    public ServiceSpec readSpec() throws RegistryAwayException, InterruptedException {
        byte[] json = zooKeeper
                .read(paths.spec())
                .orElseThrow(() -> new RegistryDataException(paths.spec() + " does not exist", null))
                .data();
        return JsonCodec.decode(json, ServiceSpec.class, paths.spec());
    }

    @Override
    public List<SlotRecord> readSlots() throws RegistryAwayException, InterruptedException {
        return new ArrayList<>(readable(paths.slots(), SlotRecord.class).values());
    }

    @Override
    public Map<String, ServerRecord> readServers() throws RegistryAwayException, InterruptedException {
        return readable(paths.servers(), ServerRecord.class);
    }

    @Override
    public Map<String, DeathCertificate> readDeaths() throws RegistryAwayException, InterruptedException {
        return readable(paths.deaths(), DeathCertificate.class);
    }

    @Override
    public Optional<ServiceStatus> readStatus() throws RegistryAwayException, InterruptedException {
        try {
            return zooKeeper
                    .read(paths.status())
                    .map(node -> JsonCodec.decode(node.data(), ServiceStatus.class, paths.status()));
        } catch (RegistryDataException e) {
            LOG.warn("path={} is ignored: {}", paths.status(), e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public void commit(List<RegistryChange> changes)
            throws FencedOutException, RegistryAwayException, InterruptedException {
        EpochClaim mine = claimed();
        mirror.refreshIfUncertain();
        // The last word on a path counts; order between paths is kept.
        Map<String, @Nullable Record> wanted = new LinkedHashMap<>();
        for (RegistryChange change : changes) {
            apply(change, wanted);
        }
        for (WriteMirror.Part part : mirror.parts(wanted)) {
            commit(mine, part);
        }
    }

    @Override
    public void onSpecChange(Runnable listener) {
        specWatch.addListener(listener);
    }

    @Override
    public void onProxies(Consumer<ProxySnapshot> listener) {
        proxyWatch.addListener(listener);
    }

    @Override
    public void forgetKills(long beforeMs) throws FencedOutException, RegistryAwayException, InterruptedException {
        EpochClaim mine = claimed();
        for (SessionKill kill : readable(paths.kills(), SessionKill.class).values()) {
            if (kill.atMs() < beforeMs) {
                forget(mine, paths.kill(kill.killId()));
            }
        }
    }

    private void forget(EpochClaim mine, String path)
            throws FencedOutException, RegistryAwayException, InterruptedException {
        try {
            fenced(mine, List.of(Op.delete(path, AsyncZooKeeper.ANY_VERSION)));
            LOG.info("path={} is forgotten", path);
        } catch (RefusedException e) {
            if (e.code != Code.NONODE) {
                throw e.asAway();
            }
            // Somebody has removed it already.
        }
    }

    @Override
    public void removeService() throws FencedOutException, RegistryAwayException, InterruptedException {
        EpochClaim mine = claimed();
        ServiceRemoval removal = new ServiceRemoval(zooKeeper, paths);
        // What says that there is a service goes last, so that a later attempt can finish what breaks off here.
        removal.removeBindings(() -> fencedWrite(mine, List.of()));
        for (String parent : List.of(paths.servers(), paths.slots(), paths.deaths(), paths.kills())) {
            List<String> children = zooKeeper.children(parent);
            for (int from = 0; from < children.size(); from += ServiceRemoval.BATCH) {
                List<Op> deletes =
                        children.subList(from, Math.min(from + ServiceRemoval.BATCH, children.size())).stream()
                                .map(name -> Op.delete(parent + "/" + name, AsyncZooKeeper.ANY_VERSION))
                                .toList();
                fencedWrite(mine, deletes);
            }
        }
        List<Op> last = new ArrayList<>();
        for (String path : List.of(paths.status(), paths.spec())) {
            if (zooKeeper.read(path).isPresent()) {
                last.add(Op.delete(path, AsyncZooKeeper.ANY_VERSION));
            }
        }
        last.add(Op.delete(mine.path(), AsyncZooKeeper.ANY_VERSION));
        last.add(Op.delete(paths.epoch(), AsyncZooKeeper.ANY_VERSION));
        fencedWrite(mine, last);
        claim = null;
        removal.removeEmptyDirectories();
        LOG.info("removed {}", paths.root());
    }

    @Override
    public void restoreSpec(ServiceSpec spec) throws FencedOutException, RegistryAwayException, InterruptedException {
        EpochClaim mine = claimed();
        if (zooKeeper.read(paths.spec()).isPresent()) {
            return;
        }
        try {
            fenced(
                    mine,
                    List.of(Op.create(
                            paths.spec(), JsonCodec.encode(spec), AsyncZooKeeper.ACCESS, CreateMode.PERSISTENT)));
            LOG.warn("path={} was missing and is written again, generation {}", paths.spec(), spec.generation());
        } catch (RefusedException e) {
            if (e.code != Code.NODEEXISTS) {
                throw e.asAway();
            }
            // An operator was quicker, and knows better.
        }
    }

    @Override
    public void close() {
        specWatch.close();
        proxyWatch.close();
    }

    private void commit(EpochClaim mine, WriteMirror.Part part)
            throws FencedOutException, RegistryAwayException, InterruptedException {
        for (int tries = 1; ; tries++) {
            try {
                fenced(mine, mirror.operations(part));
                mirror.applied(part);
                return;
            } catch (RefusedException e) {
                boolean mirrorIsWrong = e.code == Code.NODEEXISTS || e.code == Code.NONODE;
                if (!mirrorIsWrong || tries == TRIES) {
                    throw e.asAway();
                }
                // Somebody tidied up by hand: see what is there.
                mirror.refresh();
            } catch (RegistryAwayException | InterruptedException e) {
                mirror.isUncertain();
                throw e;
            }
        }
    }

    private void fencedWrite(EpochClaim mine, List<Op> operations)
            throws FencedOutException, RegistryAwayException, InterruptedException {
        try {
            fenced(mine, operations);
        } catch (RefusedException e) {
            throw e.asAway();
        }
    }

    /** Makes these changes and no others, and only while the claim holds. */
    private void fenced(EpochClaim mine, List<Op> operations)
            throws FencedOutException, RegistryAwayException, RefusedException, InterruptedException {
        List<Op> transaction = new ArrayList<>(operations.size() + 1);
        transaction.add(mine.check());
        transaction.addAll(operations);
        try {
            zooKeeper.once("write to " + paths.root(), () -> zooKeeper.async().transaction(transaction));
        } catch (RefusedException e) {
            if (e.operation == 0 && (e.code == Code.NONODE || e.code == Code.BADVERSION)) {
                boolean nobodyOwns = zooKeeper.children(paths.epoch()).isEmpty();
                throw new FencedOutException(
                        "this attempt of " + applicationId + " no longer owns " + paths.root() + ": "
                                + (nobodyOwns ? "its claim was removed" : "another one has claimed it"),
                        nobodyOwns);
            }
            throw e;
        }
    }

    private EpochClaim claimed() {
        if (claim == null) {
            throw new IllegalStateException(
                    paths.root() + " is not claimed (expected: claim(attempt) before any write)");
        }
        return claim;
    }

    private void apply(RegistryChange change, Map<String, @Nullable Record> wanted) {
        if (change instanceof RegistryChange.PutSlot put) {
            wanted.put(paths.slot(put.slot().slot()), put.slot());
        } else if (change instanceof RegistryChange.RemoveSlot remove) {
            wanted.put(paths.slot(remove.slot()), null);
        } else if (change instanceof RegistryChange.PutServer put) {
            wanted.put(paths.server(put.server().serverId()), put.server());
        } else if (change instanceof RegistryChange.RemoveServer remove) {
            wanted.put(paths.server(remove.serverId()), null);
        } else if (change instanceof RegistryChange.PutDeath put) {
            wanted.put(paths.death(put.death().serverId()), put.death());
        } else if (change instanceof RegistryChange.RemoveDeath remove) {
            wanted.put(paths.death(remove.serverId()), null);
        } else if (change instanceof RegistryChange.PutStatus put) {
            wanted.put(paths.status(), put.status());
        } else {
            throw new IllegalStateException("a change that nobody writes: " + change);
        }
    }

    /** Children that can be read; the others are logged and left out. */
    private <T extends Record> Map<String, T> readable(String parent, Class<T> type)
            throws RegistryAwayException, InterruptedException {
        Map<String, T> found = new LinkedHashMap<>();
        zooKeeper.readChildren(parent).forEach((name, json) -> {
            String path = parent + "/" + name;
            try {
                found.put(name, JsonCodec.decode(json, type, path));
            } catch (RegistryDataException e) {
                LOG.warn("path={} is ignored: {}", path, e.getMessage());
            }
        });
        return found;
    }
}
