/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The command line's side of the registry: changes the spec, reads the rest. Methods block up to the client's time-out. */
public interface OperatorRegistry extends AutoCloseable {
    Optional<ServiceSpec> readSpec() throws RegistryAwayException, InterruptedException;

    /** Writes the first spec of a service. Yields false, and changes nothing, when the service has one already. */
    boolean createSpec(ServiceSpec spec) throws RegistryAwayException, InterruptedException;

    /**
     * Changes the spec by compare-and-set, again when another command came in between; unknown fields are kept. A change
     * that changes nothing writes nothing.
     *
     * @return the spec as written; empty when the service does not exist
     */
    Optional<ServiceSpec> updateSpec(UnaryOperator<ServiceSpec> change)
            throws RegistryAwayException, InterruptedException;

    Optional<ServiceStatus> readStatus() throws RegistryAwayException, InterruptedException;

    List<DeathCertificate> readDeaths() throws RegistryAwayException, InterruptedException;

    /**
     * One part of the session bindings, in no order.
     *
     * @param bucket 0 to {@link SessionTable#BUCKETS} - 1
     */
    List<SessionBinding> readSessions(int bucket) throws RegistryAwayException, InterruptedException;

    /** Has the proxies end sessions. Written once, however often it is repeated. */
    void writeKill(SessionKill kill) throws RegistryAwayException, InterruptedException;

    /** In no order. */
    List<SessionKill> readKills() throws RegistryAwayException, InterruptedException;

    List<ProxyRecord> readProxies() throws RegistryAwayException, InterruptedException;

    /** Names of all services below the registry root. */
    List<String> listServices() throws RegistryAwayException, InterruptedException;

    /** Removes everything of the service; for when its ApplicationMaster is not there to do it. */
    void removeService() throws RegistryAwayException, InterruptedException;

    @Override
    void close();
}
