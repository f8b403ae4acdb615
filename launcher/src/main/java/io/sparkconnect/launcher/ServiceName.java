/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.SettingValue;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which service a command is about. */
final class ServiceName {
    private ServiceName() {}

    /** The name on the command line stands for the setting. */
    static Map<String, SettingValue> over(Map<String, SettingValue> given, @Nullable String name) {
        if (name == null) {
            return given;
        }
        Map<String, SettingValue> all = new TreeMap<>(given);
        all.put(ServiceSettings.SERVICE_NAME.name(), new SettingValue(name, "the command line"));
        return all;
    }

    static CommandException notFound(String service, OperatorRegistry registry)
            throws RegistryAwayException, InterruptedException {
        List<String> others = registry.listServices();
        String hint = others.isEmpty()
                ? "there is none below this sparkconnect.zookeeper.root"
                : "did you mean " + NearestName.to(service, others) + "? there are: " + String.join(", ", others);
        return new CommandException(ExitCode.NOT_FOUND, "no service " + service + " (" + hint + ")");
    }
}
