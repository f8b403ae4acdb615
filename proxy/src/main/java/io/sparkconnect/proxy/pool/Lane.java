/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

/** Streams of different lanes never share a connection: an interrupt must not wait behind a gigabyte of results. */
public enum Lane {
    /** Small calls. */
    CONTROL,
    /** Results and uploads. */
    BULK;

    /** The lane of a method of the Spark Connect service; unknown methods are taken for small calls. */
    public static Lane of(String method) {
        return switch (method) {
            case "ExecutePlan", "ReattachExecute", "AddArtifacts" -> BULK;
            default -> CONTROL;
        };
    }
}
