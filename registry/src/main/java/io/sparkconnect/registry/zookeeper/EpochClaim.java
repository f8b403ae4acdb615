/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.zookeeper.AsyncZooKeeper.Node;
import io.sparkconnect.registry.zookeeper.BlockingZooKeeper.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;

/**
 * The right to write: a node of our own below {@code epoch}, whose name nobody ever uses again. Whoever claims next
 * removes it in the same transaction that makes its own, so a transaction that checks it cannot come too late. (The
 * version of {@code epoch} alone would not do: it starts at 0 again when the service was removed and launched anew.)
 *
 * @param path of the claim's node
 */
record EpochClaim(String path) {
    /**
     * @throws FencedOutException when a later one has claimed
     * @throws RegistryAwayException whether the claim was made is unknown; claiming again is right then
     */
    static EpochClaim make(BlockingZooKeeper zooKeeper, String epochPath, Epoch mine)
            throws FencedOutException, RegistryAwayException, InterruptedException {
        while (true) {
            zooKeeper.makeDirectory(epochPath);
            // First the version, then the claims: a claim made after the first look changes the version, one made
            // before it
            // is seen. The other way round a claim made between the two looks would stay beside ours.
            Node node = zooKeeper.read(epochPath).orElse(null);
            if (node == null) {
                continue;
            }
            refuseWhenLate(node, epochPath, mine);
            List<String> earlier = zooKeeper.children(epochPath);
            String path = epochPath + "/claim-" + UUID.randomUUID();
            List<Op> takeOver = new ArrayList<>();
            takeOver.add(Op.setData(
                    epochPath,
                    JsonCodec.encodeOver(node.data(), mine),
                    node.stat().getVersion()));
            earlier.forEach(name -> takeOver.add(Op.delete(epochPath + "/" + name, AsyncZooKeeper.ANY_VERSION)));
            takeOver.add(Op.create(path, new byte[0], AsyncZooKeeper.ACCESS, CreateMode.PERSISTENT));
            try {
                zooKeeper.once("claim " + epochPath, () -> zooKeeper.async().transaction(takeOver));
                return new EpochClaim(path);
            } catch (RefusedException e) {
                if (e.code != Code.BADVERSION && e.code != Code.NONODE) {
                    throw e.asAway();
                }
                // Another attempt came in between: look again who is later.
            }
        }
    }

    Op check() {
        return Op.check(path, 0);
    }

    private static void refuseWhenLate(Node node, String epochPath, Epoch mine) throws FencedOutException {
        if (node.data().length == 0) {
            return;
        }
        Epoch stored = JsonCodec.decode(node.data(), Epoch.class, epochPath);
        if (stored.isAfter(mine)) {
            throw new FencedOutException("attempt " + mine.attempt() + " of " + mine.applicationId()
                    + " comes too late: " + epochPath + " is claimed by attempt " + stored.attempt() + " of "
                    + stored.applicationId());
        }
    }
}
