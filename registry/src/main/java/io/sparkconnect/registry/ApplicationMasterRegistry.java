/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The ApplicationMaster's side of the registry. Its methods block, so they are called on the AM's registry thread only,
 * except {@link #onSpecChange} and {@link #onProxies}, which may be called anywhere.
 */
public interface ApplicationMasterRegistry extends AutoCloseable {
    /**
     * Makes this attempt the only writer. Waits for ZooKeeper without limit.
     *
     * @throws FencedOutException when a later attempt has claimed already
     */
    void claim(int attempt) throws FencedOutException, InterruptedException;

    /** Reads the spec; {@link RegistryDataException} when there is none or it is garbage. */
    ServiceSpec readSpec() throws RegistryAwayException, InterruptedException;

    List<SlotRecord> readSlots() throws RegistryAwayException, InterruptedException;

    Map<String, ServerRecord> readServers() throws RegistryAwayException, InterruptedException;

    Map<String, DeathCertificate> readDeaths() throws RegistryAwayException, InterruptedException;

    /** What an earlier attempt last said; empty when there is nothing readable. */
    Optional<ServiceStatus> readStatus() throws RegistryAwayException, InterruptedException;

    /**
     * Makes all changes or none, in one transaction that also checks the claim. Puts create or replace; removing what is
     * not there is no error. Of two changes of one record the later counts. Only what one packet cannot hold (above
     * 512 KiB or 500 records) is split, in order, and each part checks the claim.
     *
     * @throws FencedOutException when a later attempt has claimed: this one must stop acting
     */
    void commit(List<RegistryChange> changes) throws FencedOutException, RegistryAwayException, InterruptedException;

    /** Calls back, on a thread of the registry's, each time the spec may have changed, reconnects included. */
    void onSpecChange(Runnable listener);

    /**
     * Tells of the proxies from now on: at once what is known, then each change. Called on a thread of the registry's; the
     * listener must not block.
     */
    void onProxies(Consumer<ProxySnapshot> listener);

    /**
     * Forgets operators' wishes to end sessions that are older than this; proxies then refuse those sessions no longer.
     *
     * @param beforeMs by the clocks of the machines that the wishes were made on
     */
    void forgetKills(long beforeMs) throws FencedOutException, RegistryAwayException, InterruptedException;

    /** Removes the whole service from the registry; the last act of a wanted stop. Sessions and deaths go as well. */
    void removeService() throws FencedOutException, RegistryAwayException, InterruptedException;

    @Override
    void close();

    /**
     * Writes the spec again where it is missing: somebody wiped the registry, and this attempt knows what it runs. A spec
     * that is there stays as it is.
     */
    void restoreSpec(ServiceSpec spec) throws FencedOutException, RegistryAwayException, InterruptedException;

    /** This attempt's claim is gone. */
    final class FencedOutException extends Exception {
        private final boolean nobodyOwns;

        /** Another attempt owns the service now. */
        public FencedOutException(String message) {
            this(message, false);
        }

        /** @param nobodyOwns whether there is no claim at all: the service was removed, or the registry wiped */
        public FencedOutException(String message, boolean nobodyOwns) {
            super(message);
            this.nobodyOwns = nobodyOwns;
        }

        /**
         * Whether no other attempt has claimed. Whoever knows from elsewhere that it is the present attempt may claim
         * again.
         */
        public boolean nobodyOwns() {
            return nobodyOwns;
        }
    }
}
