/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What the proxy and its Netty write into the log while this is open. */
public final class ServerLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private static final String ENDED = "{} ended with {} after {} frames: {}";

    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger relay = (Logger) LoggerFactory.getLogger("io.sparkconnect.proxy.relay");

    public ServerLog() {
        start();
        root.addAppender(this);
        // Each end of a connection is a DEBUG line; the console needs none of them.
        relay.setLevel(Level.DEBUG);
        relay.setAdditive(false);
        relay.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.WARN) || event.getMessage().equals(ENDED)) {
            events.add(event);
        }
    }

    /** From now on. */
    public void forget() {
        events.clear();
    }

    /** After how many frames of the peer connections were ended, one figure each. */
    public List<Long> framesOfEndedConnections() {
        return events.stream()
                .filter(event -> event.getMessage().equals(ENDED))
                .map(event -> ((Number) event.getArgumentArray()[2]).longValue())
                .toList();
    }

    /** No exception was our own mistake, and none came to the end of a pipeline. */
    public void assertNoMistakes() {
        assertThat(events)
                .filteredOn(event -> event.getLevel() == Level.ERROR
                        || (event.getLevel() == Level.WARN
                                && event.getLoggerName().startsWith("io.netty")))
                .extracting(ServerLog::withCause)
                .isEmpty();
    }

    private static String withCause(ILoggingEvent event) {
        IThrowableProxy cause = event.getThrowableProxy();
        return event.getFormattedMessage() + (cause == null ? "" : ": " + ThrowableProxyUtil.asString(cause));
    }

    @Override
    public void close() {
        root.detachAppender(this);
        relay.detachAppender(this);
        relay.setAdditive(true);
        relay.setLevel(null);
        stop();
    }
}
