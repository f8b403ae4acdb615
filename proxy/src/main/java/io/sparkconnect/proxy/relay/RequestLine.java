/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.RequestRules;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.route.ConnectMethod;
import io.sparkconnect.proxy.route.StreamRouter;
import org.jspecify.annotations.Nullable;

/**
 * What the relay wants to know of a request's header list. Worked out once a list: a client's repeated requests share one.
 *
 * @param method last part of the path of the Spark Connect service, else the whole path
 * @param kind what to do with it
 * @param endsWork whether it ends work, so that it is never refused because there is too much of it
 * @param contentLength announced length of the body; -1 for none
 * @param hasTimeout whether there is a {@code grpc-timeout}
 * @param pool that the client asks for by {@code x-pool}; null when it does not
 */
record RequestLine(
        String method,
        Kind kind,
        boolean endsWork,
        long contentLength,
        boolean hasTimeout,
        @Nullable String pool) {
    private static final String SERVICE = "/spark.connect.SparkConnectService/";
    private static final AsciiString POST = AsciiString.cached("POST");

    enum Kind {
        SPARK_CONNECT,
        OTHER_GRPC,
        NOT_POST,
        NOT_GRPC
    }

    /** @param router shown the headers of a client that asks for no pool, when they are worked out */
    static RequestLine of(HeaderList list, StreamRouter router) throws StreamErrorException {
        if (list.derived() instanceof RequestLine known) {
            return known;
        }
        Http2Headers fields = list.fields();
        RequestRules.checkRequest(fields);
        String path = String.valueOf(fields.path());
        boolean ours = path.startsWith(SERVICE);
        String method = ours ? path.substring(SERVICE.length()) : path;
        RequestLine line = new RequestLine(
                method,
                kind(fields, ours),
                ours && ConnectMethod.of(method).isNeverLimited(),
                RequestRules.contentLength(fields),
                fields.contains(GrpcHeaders.GRPC_TIMEOUT),
                pool(fields));
        list.derived(line);
        if (line.pool() == null) {
            router.asksForNoPool(fields.names());
        }
        return line;
    }

    private static @Nullable String pool(Http2Headers fields) {
        CharSequence given = fields.get(GrpcHeaders.X_POOL);
        String name = given == null ? "" : given.toString().trim();
        return name.isEmpty() ? null : name;
    }

    private static Kind kind(Http2Headers fields, boolean ours) {
        if (!POST.contentEquals(String.valueOf(fields.method()))) {
            return Kind.NOT_POST;
        }
        CharSequence type = fields.get(GrpcHeaders.CONTENT_TYPE);
        if (type == null || !AsciiString.of(type).startsWith(GrpcHeaders.APPLICATION_GRPC)) {
            return Kind.NOT_GRPC;
        }
        return ours ? Kind.SPARK_CONNECT : Kind.OTHER_GRPC;
    }
}
