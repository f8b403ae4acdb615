/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;

/**
 * ZooKeeper's client configuration without its TLS part. ZooKeeper's own loads the TLS classes even when TLS is off, and
 * those need Netty, which neither the ApplicationMaster nor the launcher carries. (TLS to ZooKeeper will need both.)
 */
final class PlainClientConfig extends ZKClientConfig {
    /** Called by the constructor of {@link ZKConfig}; the system properties are what ZooKeeper's documentation names. */
    @Override
    protected void handleBackwardCompatibility() {
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("zookeeper.")
                    || name.equals(ZKConfig.JUTE_MAXBUFFER)
                    || name.equals(ZKConfig.JGSS_NATIVE)) {
                setProperty(name, System.getProperty(name));
            }
        }
    }
}
