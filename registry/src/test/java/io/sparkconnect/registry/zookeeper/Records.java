/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.util.List;
import java.util.Map;

/** Records as the parts write them, for tests of any module. */
public final class Records {
    public static final String APPLICATION = "application_1700000000000_0007";

    private Records() {}

    public static ServerRecord server(String id) {
        return new ServerRecord(
                id,
                "instance-of-" + id,
                "node1.example.com",
                15_002,
                "default",
                "4.3.0",
                ServerState.READY,
                new ServerLoad(3, 1, 100, 1000),
                60,
                "default-0",
                "node1.example.com:45454",
                "http://node1.example.com:8042/node/containerlogs/" + id,
                "application_1700000000000_0008",
                1_700_000_000_000L);
    }

    public static SlotRecord slot(String name) {
        return new SlotRecord(
                name,
                "default",
                1,
                1,
                SlotState.WANTED,
                0,
                null,
                null,
                null,
                null,
                null,
                null,
                0,
                null,
                null,
                null,
                0,
                0,
                0,
                null,
                0);
    }

    public static DeathCertificate death(String serverId) {
        return new DeathCertificate(
                serverId,
                "default",
                "default-0",
                "node1.example.com:45454",
                DeathCause.HEAP_EXHAUSTED,
                137,
                "Container exited with a non-zero exit code 137",
                List.of("java.lang.OutOfMemoryError: Java heap space"),
                "Raise sparkconnect.server.memory.",
                null,
                1_700_000_100_000L);
    }

    public static ServiceSpec spec(String service) {
        PoolSpec pool =
                PoolSpec.builder("default").spark("/usr/lib/spark", null).build();
        return new ServiceSpec(1, service, "hadoop", DesiredState.RUNNING, 120_000, Map.of("default", pool), Map.of());
    }

    public static ServiceStatus status(int attempt) {
        return new ServiceStatus(
                APPLICATION, attempt, null, 1, ServiceState.STARTING, "", 0, 0, Map.of(), List.of(), List.of(), null);
    }

    public static SessionBinding binding(String sessionId, String serverId) {
        return new SessionBinding("alice", sessionId, serverId, 1_700_000_000_000L, 1_700_000_000_000L);
    }

    public static ProxyRecord proxy(String id) {
        return new ProxyRecord(
                id, "primary:15002", "127.0.0.1:15003", 4, 12, 0, 1_700_000_000_000L, Map.of(), Map.of());
    }
}
