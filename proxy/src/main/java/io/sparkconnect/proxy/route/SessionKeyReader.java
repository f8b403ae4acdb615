/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.sparkconnect.registry.SessionKey;
import org.jspecify.annotations.Nullable;

/**
 * Reads whose request it is from the beginning of a request stream. Stateless and thread-safe.
 *
 * <p>What is read never depends on how the bytes were split: of a first message that fits {@code maxHeadBytes} (prefix
 * included) all fields are read, with protobuf's own meaning (any order; the last scalar wins; sub-messages merge). Of a
 * longer one exactly its first {@code maxHeadBytes} are read, and mostly they hold the session id and the user context: every
 * known client writes ascending field numbers. A message is scanned once then, when enough of it is there: before that an
 * offer costs a comparison.
 *
 * <p>When one of the two is not among them, its first {@link #FURTHEST_HEAD_BYTES} are awaited and read, which is nearly what
 * a client may send before it is given more window. If then
 * <ul>
 *   <li>there is no session id, the request is refused;
 *   <li>only a part of the user context is there, without the user id, the request is refused;
 *   <li>there is no user context, and some field came before one with a lower number, its writer does not write in ascending
 *       order, so that a user context may follow behind the plan: the request is refused;
 *   <li>there is no user context, but the order is ascending so far, it counts as absent: clients without a user look like
 *       that, and must work. So does a client that writes 1, 3, 2 with more than that in field 3; no known one does. What
 *       follows cannot be seen: more window would be needed, for every user of such a client a plan in memory. Where the lengths
 *       leave room for a user the head says so ({@link RequestHead#userMayFollow}), and {@link UnclearUsers} sees to it that the
 *       guess sends no session to two servers.
 * </ul>
 *
 * <p>Beyond that nothing is looked at. A client that hides a second session id or user context there reaches the server of the
 * first one, which then reads the second: it may find a session of its own making there, never another server. Whoever trusts
 * the user id must check the rest of the message too.
 */
public final class SessionKeyReader {
    /** One full DATA frame of a client with HTTP/2's default frame size; every window is larger. */
    public static final int DEFAULT_MAX_HEAD_BYTES = 16_384;
    /** How far is read when the usual part lacks something; less than the 65,535 bytes of HTTP/2's initial window. */
    static final int FURTHEST_HEAD_BYTES = 60 * 1024;
    /** Longest session id and user id, in bytes. Real ones have 36 and a few dozen. */
    static final int MAX_ID_BYTES = 1024;

    private static final int PREFIX = 5;
    private static final int SESSION_ID = 1;
    private static final int USER_CONTEXT = 2;
    private static final int USER_ID = 1;
    /** A user context whose user id has one byte: two tags, two lengths. */
    private static final int SHORTEST_USER_CONTEXT = 5;

    private static final HeadReading NEED_MORE = new HeadReading.NeedMore();

    private final Reach usual;
    private final Reach furthest;

    /** @param maxHeadBytes how much of a longer message is read; at least 4 KiB, so that every legal id fits */
    public SessionKeyReader(int maxHeadBytes) {
        if (maxHeadBytes < 4 * MAX_ID_BYTES) {
            throw new IllegalArgumentException(
                    "maxHeadBytes: " + maxHeadBytes + " (expected: >= " + 4 * MAX_ID_BYTES + ")");
        }
        this.usual = new Reach(maxHeadBytes, false);
        this.furthest = new Reach(Math.max(maxHeadBytes, FURTHEST_HEAD_BYTES), true);
    }

    /** See {@link StreamRouter#read}. */
    public HeadReading read(String methodName, ByteBuf head, boolean endOfStream) {
        int start = head.readerIndex();
        int available = head.readableBytes();
        if (available < PREFIX) {
            return endOfStream ? noMessage(available) : NEED_MORE;
        }
        int flag = head.getByte(start);
        if (flag != 0 && flag != 1) {
            return refused("bad-prefix", "The first byte of a gRPC message must be 0 or 1, not " + (flag & 0xff) + ".");
        }
        long messageEnd = PREFIX + head.getUnsignedInt(start + 1);
        HeadReading reading = look(methodName, head, messageEnd, endOfStream, usual);
        return reading != null ? reading : requireNonNull(look(methodName, head, messageEnd, endOfStream, furthest));
    }

    /**
     * How far a look goes.
     *
     * @param bytes of the stream, and of a compressed message's content
     * @param last whether what it does not show counts as absent
     */
    private record Reach(int bytes, boolean last) {}

    /** Null when one must look further. */
    private static @Nullable HeadReading look(
            String methodName, ByteBuf head, long messageEnd, boolean endOfStream, Reach reach) {
        int start = head.readerIndex();
        boolean whole = messageEnd <= reach.bytes();
        int wanted = whole ? (int) messageEnd : reach.bytes();
        if (head.readableBytes() < wanted) {
            return endOfStream
                    ? refused("cut-message", "The request stream ended inside its first message.")
                    : NEED_MORE;
        }
        ConnectMethod method = ConnectMethod.of(methodName);
        if (head.getByte(start) == 1) {
            return readCompressed(methodName, method, head.slice(start + PREFIX, wanted - PREFIX), whole, reach);
        }
        ProtoScan fields = new ProtoScan(head, start + PREFIX, start + wanted, whole);
        return scan(methodName, method, fields, start + messageEnd, whole, reach);
    }

    private static @Nullable HeadReading readCompressed(
            String methodName, ConnectMethod method, ByteBuf compressed, boolean whole, Reach reach) {
        GzipPrefix prefix = GzipPrefix.inflate(compressed, 0, compressed.readableBytes(), reach.bytes());
        if (!prefix.valid()) {
            return new HeadReading.Refused(
                    StatusAnswers.unimplemented("The request message is compressed with something other than gzip. "
                            + "Supported: gzip, identity."),
                    "compression");
        }
        if (whole && !prefix.complete() && prefix.bytes().readableBytes() < reach.bytes()) {
            return refused("bad-gzip", "The gzip-compressed request message is incomplete.");
        }
        ByteBuf inflated = prefix.bytes();
        ProtoScan fields = new ProtoScan(inflated, 0, inflated.readableBytes(), prefix.complete());
        return scan(methodName, method, fields, Long.MAX_VALUE, prefix.complete(), reach);
    }

    /** @param messageEnd index behind the message's last byte, where it is known */
    private static @Nullable HeadReading scan(
            String methodName, ConnectMethod method, ProtoScan fields, long messageEnd, boolean whole, Reach reach) {
        if (!whole && method == ConnectMethod.CLONE_SESSION) {
            return refused("long-clone", "A CloneSession request may have at most " + reach.bytes() + " bytes.");
        }
        String sessionId = "";
        String userId = "";
        String observed = null;
        String newSessionId = null;
        boolean allowReconnect = false;
        long clientType = ProtoScan.NOWHERE;
        boolean userSeen = false;
        boolean ascending = true;
        int highest = 0;
        ProtoScan.Step step;
        while ((step = fields.next()) == ProtoScan.Step.FIELD) {
            ascending &= fields.field() >= highest;
            highest = Math.max(highest, fields.field());
            if (fields.wireType() == ProtoScan.VARINT) {
                if (method == ConnectMethod.RELEASE_SESSION && fields.field() == ConnectMethod.ALLOW_RECONNECT_FIELD) {
                    allowReconnect = fields.varint() != 0;
                }
                continue;
            }
            // Another wire type than the field's own makes it an unknown field to protobuf.
            if (fields.wireType() != ProtoScan.LENGTH_DELIMITED) {
                continue;
            }
            if (fields.field() == USER_CONTEXT) {
                userSeen = true;
                IdReading user = readUserId(fields.submessage());
                if (user.problem() != null) {
                    return user.problem();
                }
                userId = user.id() == null ? userId : user.id();
            } else if (fields.field() == method.clientTypeField()) {
                clientType = fields.valuePlace();
            } else if (isId(method, fields.field())) {
                IdReading id = readId(fields, idName(method, fields.field()));
                if (id.problem() != null) {
                    return id.problem();
                }
                if (fields.field() == SESSION_ID) {
                    sessionId = id.idOrEmpty();
                } else if (fields.field() == method.observedServerSessionField()) {
                    observed = id.id();
                } else {
                    newSessionId = id.id();
                }
            }
        }
        if (fields.cutInside(USER_CONTEXT)) {
            // Its extensions may be long (call stacks); the user id comes first.
            ProtoScan shown = fields.cutSubmessage();
            IdReading user = readUserId(shown);
            if (user.problem() != null) {
                return user.problem();
            }
            userId = user.id() == null ? userId : user.id();
            userSeen = user.id() != null || shown.cutBehind(USER_ID);
        }
        if (step == ProtoScan.Step.MALFORMED) {
            return refused("malformed", "The request message is not well-formed protobuf.");
        }
        if (!whole && !reach.last() && (sessionId.isEmpty() || !userSeen)) {
            return null;
        }
        if (sessionId.isEmpty()) {
            return refused(
                    "no-session-id",
                    whole
                            ? "The request has no session_id (field 1)."
                            : "The request has no session_id (field 1) within its first " + reach.bytes() + " bytes.");
        }
        if (!whole && !userSeen && (!ascending || fields.cutAt(USER_CONTEXT))) {
            return refused(
                    "no-user-context",
                    "The request has no user_context (field 2) within its first " + reach.bytes()
                            + " bytes where one may follow. "
                            + "Write session_id and user_context first.");
        }
        return new HeadReading.Complete(new RequestHead(
                methodName,
                new SessionKey(userId, sessionId),
                emptyToNull(observed),
                emptyToNull(newSessionId),
                allowReconnect,
                !whole && !userSeen && mayFollow(fields, messageEnd),
                whole && observed == null && fields.holds(clientType, ClientType::namesSpark4)));
    }

    /** Whether there is room for a user context behind the field in which the bytes ended. */
    private static boolean mayFollow(ProtoScan fields, long messageEnd) {
        long next = fields.cutValueEnd();
        return next == ProtoScan.UNKNOWN_END || messageEnd - next >= SHORTEST_USER_CONTEXT;
    }

    private static boolean isId(ConnectMethod method, int field) {
        return field == SESSION_ID
                || field == method.observedServerSessionField()
                || (method == ConnectMethod.CLONE_SESSION && field == ConnectMethod.NEW_SESSION_ID_FIELD);
    }

    private static String idName(ConnectMethod method, int field) {
        if (field == SESSION_ID) {
            return "session_id";
        }
        return field == method.observedServerSessionField()
                ? "client_observed_server_side_session_id"
                : "new_session_id";
    }

    private static IdReading readUserId(ProtoScan userContext) {
        String userId = null;
        ProtoScan.Step step;
        while ((step = userContext.next()) == ProtoScan.Step.FIELD) {
            if (userContext.field() == USER_ID && userContext.wireType() == ProtoScan.LENGTH_DELIMITED) {
                IdReading id = readId(userContext, "user_context.user_id");
                if (id.problem() != null) {
                    return id;
                }
                userId = id.id();
            }
        }
        return step == ProtoScan.Step.MALFORMED
                ? new IdReading(
                        null, refused("malformed", "The user_context of the request is not well-formed protobuf."))
                : new IdReading(userId, null);
    }

    private static IdReading readId(ProtoScan field, String name) {
        if (field.valueLength() > MAX_ID_BYTES) {
            return new IdReading(
                    null,
                    refused(
                            "long-id",
                            "The " + name + " of the request has " + field.valueLength() + " bytes (at most "
                                    + MAX_ID_BYTES + ")."));
        }
        String text = field.text();
        return text == null
                ? new IdReading(null, refused("not-utf8", "The " + name + " of the request is not UTF-8."))
                : new IdReading(text, null);
    }

    private static HeadReading noMessage(int available) {
        return available == 0
                ? refused("no-message", "The request stream ended without a message, so it names no session.")
                : refused("cut-message", "The request stream ended inside the prefix of its first message.");
    }

    private static HeadReading refused(String reason, String text) {
        return new HeadReading.Refused(StatusAnswers.invalidArgument(text), reason);
    }

    private static @Nullable String emptyToNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    /** An id, or why there is none; both null when the field is absent. */
    private record IdReading(@Nullable String id, @Nullable HeadReading problem) {
        String idOrEmpty() {
            return id == null ? "" : id;
        }
    }
}
