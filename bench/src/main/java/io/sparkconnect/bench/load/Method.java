/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;

/** The RPCs of Spark Connect that the bench uses, with request headers as PySpark's gRPC core sends them. */
enum Method {
    CONFIG("Config"),
    EXECUTE_PLAN("ExecutePlan"),
    ADD_ARTIFACTS("AddArtifacts");

    @SuppressWarnings("ImmutableEnumChecker") // Nobody writes to it.
    private final AsciiString path;

    @SuppressWarnings("ImmutableEnumChecker") // The read-only kind.
    private final Http2Headers headers;

    Method(String name) {
        this.path = AsciiString.of("/spark.connect.SparkConnectService/" + name);
        this.headers = build(List.of());
    }

    Http2Headers headers() {
        return headers;
    }

    Http2Headers headers(Session session) {
        return build(List.of(Names.SESSION_HEADER, session.header()));
    }

    private Http2Headers build(List<AsciiString> more) {
        List<AsciiString> pairs = new ArrayList<>(Names.OTHERS);
        pairs.addAll(more);
        return ReadOnlyHttp2Headers.clientHeaders(
                false, Names.POST, path, Names.HTTP, Names.AUTHORITY, pairs.toArray(AsciiString[]::new));
    }
    /** Apart, because an enum's constants are made before its static fields. */
    private static final class Names {
        private static final AsciiString POST = AsciiString.cached("POST");
        private static final AsciiString HTTP = AsciiString.cached("http");
        private static final AsciiString AUTHORITY = AsciiString.cached("127.0.0.1:15002");
        private static final List<AsciiString> OTHERS = List.of(
                AsciiString.cached("te"), AsciiString.cached("trailers"),
                AsciiString.cached("content-type"), AsciiString.cached("application/grpc"),
                AsciiString.cached("user-agent"),
                        AsciiString.cached("grpc-python/1.76.0 grpc-c/51.0.0 (linux; chttp2)"),
                AsciiString.cached("grpc-accept-encoding"), AsciiString.cached("identity, deflate, gzip"));
        private static final AsciiString SESSION_HEADER = AsciiString.cached("x-spark-session");
    }
}
