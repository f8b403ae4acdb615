/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which CPUs the peer has, and which the clients and servers. Split: a peer is alone on its CPUs and cannot be helped or
 * hurt by where the scheduler puts the others. Shared: everybody may use all.
 */
public record Placement(List<Integer> peerCpus, List<Integer> loadCpus) {
    public Placement {
        peerCpus = List.copyOf(peerCpus);
        loadCpus = List.copyOf(loadCpus);
    }

    /** The first {@code peerCount} CPUs for the peer, all others for clients and servers. */
    public static Placement split(List<Integer> cpus, int peerCount) {
        if (peerCount < 1 || peerCount >= cpus.size()) {
            throw new IllegalArgumentException("CPUs for the peer: " + peerCount + " (expected: 1 to "
                    + (cpus.size() - 1) + ", because " + cpus.size() + " can be used)");
        }
        return new Placement(cpus.subList(0, peerCount), cpus.subList(peerCount, cpus.size()));
    }

    public static Placement shared(List<Integer> cpus) {
        return new Placement(cpus, cpus);
    }

    public int peerThreads() {
        return peerCpus.size();
    }

    /** Event loops for the clients, and as many for the servers. */
    public int loadThreads() {
        return Math.max(1, loadCpus.size() / 2);
    }

    public List<String> onPeerCpus(List<String> command) {
        return pinned(peerCpus, command);
    }

    public List<String> onLoadCpus(List<String> command) {
        return pinned(loadCpus, command);
    }

    private static List<String> pinned(List<Integer> cpus, List<String> command) {
        List<String> all = new ArrayList<>(List.of("taskset", "-c", list(cpus)));
        all.addAll(command);
        return all;
    }

    public static String list(List<Integer> cpus) {
        return cpus.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    @Override
    public String toString() {
        return peerCpus.equals(loadCpus)
                ? "peer, clients and servers share CPUs " + list(peerCpus)
                : "peer alone on CPU " + list(peerCpus) + ", clients and servers on CPU " + list(loadCpus);
    }
}
