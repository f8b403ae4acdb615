/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/** One change that the ApplicationMaster makes in the registry; see {@link ApplicationMasterRegistry#commit}. */
public sealed interface RegistryChange {
    record PutSlot(SlotRecord slot) implements RegistryChange {}

    record RemoveSlot(String slot) implements RegistryChange {}

    record PutServer(ServerRecord server) implements RegistryChange {}

    record RemoveServer(String serverId) implements RegistryChange {}

    record PutDeath(DeathCertificate death) implements RegistryChange {}

    record RemoveDeath(String serverId) implements RegistryChange {}

    record PutStatus(ServiceStatus status) implements RegistryChange {}
}
