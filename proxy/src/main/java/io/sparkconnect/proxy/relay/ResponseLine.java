/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.RequestRules;
import io.sparkconnect.proxy.h2.StreamErrorException;
import java.util.Map;

/**
 * What the relay wants to know of a header list that a server sent. Worked out once a list.
 *
 * @param httpStatus 0 in trailers
 * @param grpcStatus 2 (UNKNOWN) when there is no legible one, as the server's client would see it
 * @param listBytes size as RFC 9113 section 6.5.2 counts it
 */
record ResponseLine(int httpStatus, int grpcStatus, long listBytes) {
    private static final int ENTRY_OVERHEAD = 32;

    boolean isInformational() {
        return httpStatus >= 100 && httpStatus < 200;
    }

    /** @param trailers the response has begun: this list ends it */
    static ResponseLine of(HeaderList list, boolean trailers) throws StreamErrorException {
        if (list.derived() instanceof ResponseLine known && known.httpStatus == 0 == trailers) {
            return known;
        }
        int httpStatus = 0;
        if (trailers) {
            RequestRules.checkTrailers(list.fields());
        } else {
            httpStatus = RequestRules.checkResponse(list.fields());
        }
        ResponseLine line = new ResponseLine(httpStatus, grpcStatus(list.fields()), listBytes(list.fields()));
        list.derived(line);
        return line;
    }

    private static int grpcStatus(Http2Headers fields) {
        CharSequence text = fields.get(GrpcHeaders.GRPC_STATUS);
        try {
            return text == null ? GrpcStatus.UNKNOWN : Integer.parseInt(text, 0, text.length(), 10);
        } catch (NumberFormatException e) {
            return GrpcStatus.UNKNOWN;
        }
    }

    private static long listBytes(Http2Headers fields) {
        long size = 0;
        for (Map.Entry<CharSequence, CharSequence> field : fields) {
            size += field.getKey().length() + field.getValue().length() + ENTRY_OVERHEAD;
        }
        return size;
    }

    /**
     * Makes a last header list fit what the client accepts: gRPC clients give up the stream otherwise, and some the
     * connection. The details go first, the status never.
     *
     * @param limitBytes the client's SETTINGS_MAX_HEADER_LIST_SIZE
     */
    static HeaderList fitting(HeaderList last, long bytes, long limitBytes) {
        if (bytes <= limitBytes) {
            return last;
        }
        Http2Headers fields = new DefaultHttp2Headers(false).add(last.fields());
        fields.remove(GrpcHeaders.GRPC_DETAILS);
        if (listBytes(fields) <= limitBytes) {
            return new HeaderList(fields);
        }
        Http2Headers bare = new DefaultHttp2Headers(false);
        CharSequence httpStatus = last.fields().status();
        if (httpStatus != null) {
            bare.status(httpStatus).set(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.APPLICATION_GRPC);
        }
        bare.set(GrpcHeaders.GRPC_STATUS, Integer.toString(grpcStatus(last.fields())));
        bare.set(GrpcHeaders.GRPC_MESSAGE, "The server's status text is longer than this client accepts.");
        return new HeaderList(bare);
    }
}
