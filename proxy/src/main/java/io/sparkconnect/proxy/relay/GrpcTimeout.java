/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.handler.codec.http2.Http2Headers;
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
     * @return false when nothing is left of it
     */
    static boolean reduce(Http2Headers headers, long waitedNanos) {
        CharSequence text = headers.get(GrpcHeaders.GRPC_TIMEOUT);
        if (text == null || waitedNanos < WORTH_REDUCING_NANOS) {
            return true;
        }
        TimeUnit unit = unitOf(text);
        int digits = text.length() - 1;
        if (unit == null || digits < 1 || digits > MOST_DIGITS) {
            return true;
        }
        long left;
        try {
            left = unit.toNanos(Long.parseLong(text.toString().substring(0, digits))) - waitedNanos;
        } catch (NumberFormatException e) {
            return true;
        }
        if (left <= 0) {
            return false;
        }
        headers.set(GrpcHeaders.GRPC_TIMEOUT, written(left));
        return true;
    }

    private static String written(long nanos) {
        long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos));
        return millis < 100_000_000 ? millis + "m" : TimeUnit.MILLISECONDS.toSeconds(millis) + "S";
    }

    private static @Nullable TimeUnit unitOf(CharSequence text) {
        return switch (text.isEmpty() ? ' ' : text.charAt(text.length() - 1)) {
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
