/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.proxy.listen.AddressRanges;
import io.sparkconnect.registry.settings.Setting;
import org.jspecify.annotations.Nullable;

/**
 * A port for clients as configured.
 *
 * @param setting where it was configured
 * @param proxyHeadersFrom whose PROXY headers it requires; null when clients connect to it themselves
 */
record ListenAddress(
        HostPort hostPort, Setting<?> setting, @Nullable AddressRanges proxyHeadersFrom) {}
