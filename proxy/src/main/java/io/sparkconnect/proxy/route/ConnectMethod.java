/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.HashMap;
import java.util.Map;

/**
 * What routing must know of each RPC of {@code spark.connect.SparkConnectService}. Field numbers are those of Spark 3.4 to
 * 4.3, in which patch releases never changed them.
 */
public enum ConnectMethod {
    EXECUTE_PLAN("ExecutePlan", 8, 4),
    ANALYZE_PLAN("AnalyzePlan", 17, 3),
    CONFIG("Config", 8, 4),
    ADD_ARTIFACTS("AddArtifacts", 7),
    ARTIFACT_STATUS("ArtifactStatus", 5),
    INTERRUPT("Interrupt", 7),
    REATTACH_EXECUTE("ReattachExecute", 6),
    RELEASE_EXECUTE("ReleaseExecute", 7),
    RELEASE_SESSION("ReleaseSession", ConnectMethod.NO_FIELD),
    FETCH_ERROR_DETAILS("FetchErrorDetails", 5),
    CLONE_SESSION("CloneSession", 5),
    GET_STATUS("GetStatus", 4),
    /** An RPC that we do not know yet: routed by the same two fields. */
    OTHER("", ConnectMethod.NO_FIELD);

    static final int NO_FIELD = 0;
    /** {@code CloneSessionRequest.new_session_id}. */
    static final int NEW_SESSION_ID_FIELD = 4;
    /** {@code ReleaseSessionRequest.allow_reconnect}. */
    static final int ALLOW_RECONNECT_FIELD = 4;
    /** {@code CloneSessionResponse.new_session_id}. */
    static final int CLONED_SESSION_ID_FIELD = 3;

    private static final Map<String, ConnectMethod> BY_NAME = byName();

    private final String rpcName;
    private final int observedServerSessionField;
    private final int clientTypeField;

    ConnectMethod(String rpcName, int observedServerSessionField) {
        this(rpcName, observedServerSessionField, ConnectMethod.NO_FIELD);
    }

    ConnectMethod(String rpcName, int observedServerSessionField, int clientTypeField) {
        this.rpcName = rpcName;
        this.observedServerSessionField = observedServerSessionField;
        this.clientTypeField = clientTypeField;
    }

    /** {@link #OTHER} for a name that we do not know. */
    public static ConnectMethod of(String name) {
        return BY_NAME.getOrDefault(name, OTHER);
    }

    String rpcName() {
        return rpcName;
    }

    /** Number of {@code client_observed_server_side_session_id}, or {@link #NO_FIELD}. */
    int observedServerSessionField() {
        return observedServerSessionField;
    }

    /**
     * Number of {@code client_type} in those requests that carry what the client has seen of its server whenever it has seen
     * one (PySpark leaves it out of some others); else {@link #NO_FIELD}.
     */
    int clientTypeField() {
        return clientTypeField;
    }

    /** Releases get OK when there is nothing to release: anything else keeps a finished client alive for minutes. */
    boolean isRelease() {
        return this == RELEASE_EXECUTE || this == RELEASE_SESSION;
    }

    /** What ends work is never refused because there is too much of it. */
    public boolean isNeverLimited() {
        return isRelease() || this == INTERRUPT;
    }

    /** Clients retry these after no status at all, so waiting is better than refusing. */
    boolean isNeverRetried() {
        return this == ADD_ARTIFACTS || this == ARTIFACT_STATUS;
    }

    private static Map<String, ConnectMethod> byName() {
        Map<String, ConnectMethod> byName = new HashMap<>();
        for (ConnectMethod method : values()) {
            if (method != OTHER) {
                byName.put(method.rpcName, method);
            }
        }
        return Map.copyOf(byName);
    }
}
