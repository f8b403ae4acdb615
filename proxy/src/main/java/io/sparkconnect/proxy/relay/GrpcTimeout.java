/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.HeaderList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The {@code grpc-timeout} header: at most eight digits and a unit. */
final class GrpcTimeout {
    private static final int MOST_DIGITS = 8;
    private static final long WORTH_REDUCING_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private GrpcTimeout() {}

    /**
     * Takes the time that a request has waited off its deadline. An illegible deadline is left to the server.
     *
     * @return the list to send; null when nothing is left of the deadline
     */
    static @Nullable HeaderList reduce(HeaderList list, long waitedNanos) {
        long nanos = nanosOf(list.fields());
        if (waitedNanos < WORTH_REDUCING_NANOS || nanos < 0) {
            return list;
        }
        long left = nanos - waitedNanos;
        if (left <= 0) {
            return null;
        }
        Http2Headers reduced = new DefaultHttp2Headers(false).add(list.fields());
        return new HeaderList(reduced.set(GrpcHeaders.GRPC_TIMEOUT, written(left)));
    }

    /** The deadline; -1 when there is none that can be read. */
    static long nanosOf(Http2Headers fields) {
        CharSequence text = fields.get(GrpcHeaders.GRPC_TIMEOUT);
        int digits = text == null ? 0 : text.length() - 1;
        if (text == null || digits < 1 || digits > MOST_DIGITS) {
            return -1;
        }
        TimeUnit unit = unitOf(text.charAt(digits));
        try {
            return unit == null ? -1 : unit.toNanos(Long.parseLong(text, 0, digits, 10));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static String written(long nanos) {
        long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos));
        return millis < 100_000_000 ? millis + "m" : TimeUnit.MILLISECONDS.toSeconds(millis) + "S";
    }

    private static @Nullable TimeUnit unitOf(char letter) {
        return switch (letter) {
            case 'H' -> TimeUnit.HOURS;
            case 'M' -> TimeUnit.MINUTES;
            case 'S' -> TimeUnit.SECONDS;
            case 'm' -> TimeUnit.MILLISECONDS;
            case 'u' -> TimeUnit.MICROSECONDS;
            case 'n' -> TimeUnit.NANOSECONDS;
            default -> null;
        };
    }
}
