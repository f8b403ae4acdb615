/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * What the launcher promises the ApplicationMaster that it starts. (What the AM promises a server's agent is written in
 * {@code docs/agent-protocol.md}: the agent has no dependency, not even this.)
 */
public final class LaunchContract {
    /** YARN application type, and how commands find services among all applications. */
    public static final String APPLICATION_TYPE = "SPARK-CONNECT";

    /** Main class of the AM, inside {@link #SERVICE_JAR}. */
    public static final String APPLICATION_MASTER_CLASS = "io.sparkconnect.am.ApplicationMaster";

    /** In the staging directory, and localised into the AM's working directory under the same name. */
    public static final String SERVICE_JAR = "sparkconnect-yarn.jar";

    /** In the staging directory; the AM localises it into each server's container. */
    public static final String AGENT_JAR = "sparkconnect-agent.jar";

    /** AM environment: service name. */
    public static final String ENV_SERVICE = "SPARKCONNECT_SERVICE";

    /** AM environment: ZooKeeper quorum. */
    public static final String ENV_ZOOKEEPER_QUORUM = "SPARKCONNECT_ZOOKEEPER_QUORUM";

    /** AM environment: registry root, such as {@code /sparkconnect}. */
    public static final String ENV_ZOOKEEPER_ROOT = "SPARKCONNECT_ZOOKEEPER_ROOT";

    /** AM environment: qualified URI of the application's staging directory; the AM removes it after a wanted stop. */
    public static final String ENV_STAGING = "SPARKCONNECT_STAGING";

    /**
     * Alias in the AM's credentials of 32 random bytes, made by the launcher once per application. Each server's own
     * secret is derived from it (HMAC-SHA256 over the container id), so that a later attempt knows it without storing it.
     */
    public static final String MASTER_SECRET_ALIAS = "sparkconnect.master.secret";

    private LaunchContract() {}

    /** YARN tag that the service's own application and every server's application carry; tags are lower case. */
    public static String serviceTag(String service) {
        return "sparkconnect-service-" + service;
    }

    /** YARN tag of one server's application: unique per container. */
    public static String serverTag(String containerId) {
        return "sparkconnect-server-" + containerId;
    }
}
