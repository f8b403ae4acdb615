/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import io.sparkconnect.registry.PoolSpec;
import java.util.List;
import java.util.Map;

/**
 * Everything that tells one server's launch from another's.
 *
 * @param nodeHost the node's name as other nodes resolve it
 * @param joinUrls base URLs of the AM in the order to try
 * @param inherited variables of the AM's own environment that the server gets where its node gives none
 * @param hadoopUser what HADOOP_USER_NAME shall be; empty when Hadoop's security is on
 */
public record ServerContext(
        String service,
        String slot,
        String containerId,
        String nodeHost,
        PoolSpec pool,
        List<String> joinUrls,
        Map<String, String> inherited,
        String hadoopUser) {
    public ServerContext {
        joinUrls = List.copyOf(joinUrls);
        inherited = Map.copyOf(inherited);
    }
}
