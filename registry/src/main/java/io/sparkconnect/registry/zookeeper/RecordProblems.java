/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionKill;

/** What JSON of the right shape can still have wrong; each answers with one clause, or empty when all is well. */
final class RecordProblems {
    private RecordProblems() {}

    static String of(String name, ServerRecord server) {
        if (!name.equals(server.serverId())) {
            return "serverId: " + server.serverId() + " (expected: the node's name)";
        }
        if (isBlank(server.instanceId())) {
            return "it has no instanceId";
        }
        if (isBlank(server.host())) {
            return "it has no host";
        }
        if (isBlank(server.pool()) || isBlank(server.slot())) {
            return "it has no pool or no slot";
        }
        if (server.port() < 1 || server.port() > 65535) {
            return "port: " + server.port() + " (expected: 1 to 65535)";
        }
        return "";
    }

    static String of(String name, DeathCertificate death) {
        if (!name.equals(death.serverId())) {
            return "serverId: " + death.serverId() + " (expected: the node's name)";
        }
        return isBlank(death.pool()) || isBlank(death.slot()) ? "it has no pool or no slot" : "";
    }

    static String of(String name, ProxyRecord proxy) {
        return name.equals(proxy.proxyId()) ? "" : "proxyId: " + proxy.proxyId() + " (expected: the node's name)";
    }

    static String of(String name, SessionKill kill) {
        if (!name.equals(kill.killId())) {
            return "killId: " + kill.killId() + " (expected: the node's name)";
        }
        return kill.sessions().stream().anyMatch(RecordProblems::isIncomplete)
                ? "it has a session without a user, an id or a server"
                : "";
    }

    @SuppressWarnings("ConstantValue") // JSON can leave out what Java says is never null
    private static boolean isIncomplete(SessionKill.KilledSession session) {
        return session.userId() == null || session.sessionId() == null || session.serverId() == null;
    }

    static String of(ServiceStatus status) {
        return status.state() == null || isBlank(status.applicationId()) ? "it has no state or no applicationId" : "";
    }

    @SuppressWarnings("ConstantValue") // JSON can leave out what Java says is never null
    static String of(ServiceSpec spec) {
        if (spec.pools().isEmpty()) {
            return "it has no pools";
        }
        PoolRouting routing = spec.routing();
        return routing != null && isBlank(routing.defaultPool()) ? "its routing has no defaultPool" : "";
    }

    @SuppressWarnings("ConstantValue") // JSON can leave out what Java says is never null
    private static boolean isBlank(String text) {
        return text == null || text.isBlank();
    }
}
