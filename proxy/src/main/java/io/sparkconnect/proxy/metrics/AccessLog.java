/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.metrics;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.registry.SessionKey;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line per stream to the logger {@code sparkconnect.access}. The log adds the time. */
public final class AccessLog implements Consumer<StreamReport> {
    private static final Logger log = LoggerFactory.getLogger("sparkconnect.access");

    private static final int SESSION_DIGITS = 8;
    private static final int MOST_CHARS = 64;

    @Override
    public void accept(StreamReport report) {
        if (log.isInfoEnabled()) {
            log.info("{}", line(report));
        }
    }

    static String line(StreamReport report) {
        SessionKey session = report.session();
        Backend backend = report.backend();
        return String.format(
                Locale.ROOT,
                "remote=%s method=%s session=%s user=%s server=%s status=%s in=%d out=%d ms=%d reason=%s",
                report.remote(),
                safe(report.method()),
                session == null ? "-" : session.hash().substring(0, SESSION_DIGITS),
                session == null ? "-" : safe(session.userId()),
                backend == null ? "-" : backend.serverId(),
                report.grpcStatus() == StreamReport.NO_STATUS ? "-" : Integer.toString(report.grpcStatus()),
                report.bytesIn(),
                report.bytesOut(),
                TimeUnit.NANOSECONDS.toMillis(report.nanos()),
                report.reason());
    }

    /** What a client chose, so that it can neither end the line nor begin a field. */
    private static String safe(String text) {
        StringBuilder result = new StringBuilder();
        text.codePoints().limit(MOST_CHARS).forEach(c -> {
            boolean plain = c > ' ' && c < 0x7f && c != '=' && c != '"' && c != '\\';
            if (plain || (c > 0x7f && Character.isLetterOrDigit(c))) {
                result.appendCodePoint(c);
            } else {
                result.append(String.format(Locale.ROOT, "\\u%04x", c));
            }
        });
        return result.isEmpty() ? "-" : result.toString();
    }
}
