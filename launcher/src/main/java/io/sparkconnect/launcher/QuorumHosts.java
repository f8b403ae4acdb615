/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** The hosts of a ZooKeeper quorum: the client would look for unknown ones without end. */
final class QuorumHosts {
    private QuorumHosts() {}

    /**
     * @param quorum {@code host:port,host:port}, with a path behind it or not
     * @param isKnown whether a name has an address
     * @throws CommandException when no host is known; one that is known is enough
     */
    static void check(String quorum, Predicate<String> isKnown) throws CommandException {
        List<String> hosts = Arrays.stream(quorum.replaceFirst("/.*", "").split(",", -1))
                .map(server -> server.strip().replaceFirst(":\\d+$", "").replaceAll("[\\[\\]]", ""))
                .toList();
        if (hosts.stream().noneMatch(isKnown)) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "sparkconnect.zookeeper.quorum: " + quorum + ": " + String.join(", ", hosts)
                            + (hosts.size() == 1 ? " is no host that is known" : " are no hosts that are known")
                            + " here (look at the setting, or at this machine's DNS)");
        }
    }

    static boolean isKnown(String host) {
        try {
            return InetAddress.getAllByName(host).length > 0;
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
