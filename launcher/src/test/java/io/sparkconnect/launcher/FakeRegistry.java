/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionKill;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One service's registry in memory. */
final class FakeRegistry implements OperatorRegistry {
    @Nullable
    ServiceSpec spec;

    @Nullable
    ServiceStatus status;

    final List<DeathCertificate> deaths = new ArrayList<>();
    final List<ProxyRecord> proxies = new ArrayList<>();
    final List<SessionBinding> sessions = new ArrayList<>();
    final List<SessionKill> kills = new ArrayList<>();
    final List<String> services = new ArrayList<>();
    boolean away;
    Runnable beforeCreate = () -> {};
    Runnable beforeUpdate = () -> {};
    int removals;

    @Override
    public Optional<ServiceSpec> readSpec() throws RegistryAwayException {
        answer();
        return Optional.ofNullable(spec);
    }

    @Override
    public boolean createSpec(ServiceSpec created) throws RegistryAwayException {
        answer();
        beforeCreate.run();
        if (spec != null) {
            return false;
        }
        spec = created;
        return true;
    }

    @Override
    public Optional<ServiceSpec> updateSpec(UnaryOperator<ServiceSpec> change) throws RegistryAwayException {
        answer();
        if (spec == null) {
            return Optional.empty();
        }
        beforeUpdate.run();
        spec = change.apply(spec);
        return Optional.of(spec);
    }

    @Override
    public Optional<ServiceStatus> readStatus() throws RegistryAwayException {
        answer();
        return Optional.ofNullable(status);
    }

    @Override
    public List<DeathCertificate> readDeaths() throws RegistryAwayException {
        answer();
        return List.copyOf(deaths);
    }

    @Override
    public List<SessionBinding> readSessions(int bucket) throws RegistryAwayException {
        answer();
        return sessions.stream()
                .filter(binding -> new SessionKey(binding.userId(), binding.sessionId())
                        .hash()
                        .startsWith(HexFormat.of().toHexDigits((byte) bucket)))
                .toList();
    }

    @Override
    public void writeKill(SessionKill kill) throws RegistryAwayException {
        answer();
        kills.add(kill);
    }

    @Override
    public List<SessionKill> readKills() throws RegistryAwayException {
        answer();
        return List.copyOf(kills);
    }

    @Override
    public List<ProxyRecord> readProxies() throws RegistryAwayException {
        answer();
        return List.copyOf(proxies);
    }

    @Override
    public List<String> listServices() throws RegistryAwayException {
        answer();
        return List.copyOf(services);
    }

    @Override
    public void removeService() throws RegistryAwayException {
        answer();
        removals++;
        spec = null;
        status = null;
    }

    @Override
    public void close() {}

    private void answer() throws RegistryAwayException {
        if (away) {
            throw new RegistryAwayException("no connection to zk:2181 within 10s", null);
        }
    }
}
