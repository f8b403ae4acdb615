/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.webapp.util.WebAppUtils;

/** The cluster's configuration as a service that must outlive its ResourceManager wants it. */
public final class YarnConfigurations {
    private static final long RM_RETRY_MS = 2_000;
    private static final long NM_RETRY_MS = 2_000;
    private static final long NM_MAX_WAIT_MS = 20_000;

    private YarnConfigurations() {}

    /** Waits for the ResourceManager for ever, and for a NodeManager not long: it may be gone. */
    public static YarnConfiguration patient(Configuration cluster) {
        YarnConfiguration conf = new YarnConfiguration(cluster);
        conf.setLong(YarnConfiguration.RESOURCEMANAGER_CONNECT_MAX_WAIT_MS, -1);
        conf.setLong(YarnConfiguration.RESOURCEMANAGER_CONNECT_RETRY_INTERVAL_MS, RM_RETRY_MS);
        conf.unset(YarnConfiguration.CLIENT_FAILOVER_MAX_ATTEMPTS);
        conf.setLong(YarnConfiguration.CLIENT_NM_CONNECT_MAX_WAIT_MS, NM_MAX_WAIT_MS);
        conf.setLong(YarnConfiguration.CLIENT_NM_CONNECT_RETRY_INTERVAL_MS, NM_RETRY_MS);
        return conf;
    }

    /** Where agents find the AM: its own address first, then each proxy of the ResourceManagers, which finds it again. */
    public static List<String> joinUrls(Configuration conf, String own, String applicationId) {
        List<String> urls = new ArrayList<>(List.of(own));
        String scheme = scheme(conf);
        for (String proxy : WebAppUtils.getProxyHostsAndPortsForAmFilter(conf)) {
            urls.add(scheme + "://" + proxy + "/proxy/" + applicationId);
        }
        return urls;
    }

    /** How YARN's own pages are served. */
    public static String scheme(Configuration conf) {
        return YarnConfiguration.useHttps(conf) ? "https" : "http";
    }
}
