/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperOperatorRegistry;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The registry in ZooKeeper with a connection of its own, which is closed with it. */
final class OpenRegistry implements OperatorRegistry {
    private final ZooKeeperConnection connection;
    private final OperatorRegistry registry;

    private OpenRegistry(ZooKeeperConnection connection, OperatorRegistry registry) {
        this.connection = connection;
        this.registry = registry;
    }

    /** @throws CommandException when the settings cannot name a ZooKeeper, or name none that is known here */
    static OperatorRegistry at(Settings settings) throws CommandException {
        QuorumHosts.check(settings.get(ServiceSettings.ZOOKEEPER_QUORUM), QuorumHosts::isKnown);
        try {
            ZooKeeperConnection connection = ZooKeeperConnection.open(settings);
            return new OpenRegistry(
                    connection,
                    new ZooKeeperOperatorRegistry(
                            connection,
                            settings.get(ServiceSettings.ZOOKEEPER_ROOT),
                            settings.get(ServiceSettings.SERVICE_NAME)));
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "sparkconnect.zookeeper.quorum: " + String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Optional<ServiceSpec> readSpec() throws RegistryAwayException, InterruptedException {
        return registry.readSpec();
    }

    @Override
    public boolean createSpec(ServiceSpec spec) throws RegistryAwayException, InterruptedException {
        return registry.createSpec(spec);
    }

    @Override
    public Optional<ServiceSpec> updateSpec(UnaryOperator<ServiceSpec> change)
            throws RegistryAwayException, InterruptedException {
        return registry.updateSpec(change);
    }

    @Override
    public Optional<ServiceStatus> readStatus() throws RegistryAwayException, InterruptedException {
        return registry.readStatus();
    }

    @Override
    public List<DeathCertificate> readDeaths() throws RegistryAwayException, InterruptedException {
        return registry.readDeaths();
    }

    @Override
    public List<SessionBinding> readSessions(int bucket) throws RegistryAwayException, InterruptedException {
        return registry.readSessions(bucket);
    }

    @Override
    public void writeKill(SessionKill kill) throws RegistryAwayException, InterruptedException {
        registry.writeKill(kill);
    }

    @Override
    public List<SessionKill> readKills() throws RegistryAwayException, InterruptedException {
        return registry.readKills();
    }

    @Override
    public List<ProxyRecord> readProxies() throws RegistryAwayException, InterruptedException {
        return registry.readProxies();
    }

    @Override
    public List<String> listServices() throws RegistryAwayException, InterruptedException {
        return registry.listServices();
    }

    @Override
    public void removeService() throws RegistryAwayException, InterruptedException {
        registry.removeService();
    }

    @Override
    public void close() {
        registry.close();
        connection.close();
    }
}
