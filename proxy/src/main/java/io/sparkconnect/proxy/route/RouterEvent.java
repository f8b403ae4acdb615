/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

/** What the router counts. */
public enum RouterEvent {
    /** A stream was sent to a server. */
    FORWARDED,
    /** A new session got a server. */
    PLACED,
    /** A binding that another proxy had made was found. */
    BINDING_FOUND,
    /** A session that nobody had written down was found by asking the servers. */
    LOCATED,
    /** A session ended and its binding was removed. */
    RELEASED,
    /** An operator ended a session. */
    KILLED,
    /** A binding was removed because its session was idle. */
    EXPIRED,
    /** A clone was bound beside its source. */
    CLONED,
    /** A stream had to wait for a server. */
    HELD,
    /** Refused: the session's server is gone. */
    SESSION_CHANGED,
    /** Refused: no server was ready in time. */
    NO_SERVER,
    /** Refused: every server has as many sessions as it may. */
    POOL_FULL,
    /** Refused: the client asked for a pool that there is not. */
    UNKNOWN_POOL,
    /** Refused: the session's user may stand where nobody reads, and other requests of the session have one. */
    UNCLEAR_USER,
    /** A client whose header is nearly {@code x-pool}, but not quite; once for many of its requests. */
    MISTYPED_POOL,
    /** Refused: no server takes the session, and too many streams are held for that. */
    TOO_MANY_HELD,
    /** Refused: of too many streams it is not known yet which server their session has. */
    TOO_MANY_UNDECIDED,
    /** Refused: so many sessions were to be asked for at the servers that this one's turn did not come in time. */
    SEARCH_OVERDUE,
    /** A server was not asked for a session, because Spark 3 makes those that it is asked for, and keeps only some. */
    SERVERS_SPARED,
    /** Refused: the registry is away and the session could not be found without it. */
    REGISTRY_AWAY,
    /** A release of a session that is gone was answered with OK. */
    RELEASE_ANSWERED,
    /** ReattachExecute of a session without a server. */
    OPERATION_NOT_FOUND,
    /** A question to the registry failed or took too long. */
    REGISTRY_FAILURES,
    /** A binding that was made while the registry was away turned out to be made otherwise by another proxy. */
    BINDING_CONFLICTS,
    /** All servers vanished from the registry at once. */
    REGISTRY_COLLAPSES,
    /** A server vanished from the registry without a death certificate, but answers. */
    UNLISTED_SERVERS,
    /** A binding was there, but could not be read. */
    UNREADABLE_BINDINGS,
    /** A binding that the registry had lost was written again, because its server has the session. */
    BINDINGS_RESTORED
}
