/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class SparingFailureLogTest {
    @Test
    void strangersWhoBreakTheProtocolDoNotFillTheLog() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(FailureLog.class);
        Level before = logger.getLevel();
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        try (RunningRelay relay = RunningRelay.with(FixedRouter.to(new Backend("none", "i", "127.0.0.1", 1)))) {
            for (int i = 0; i < 50; i++) {
                try (RawPeer stranger = RawPeer.client(relay.address().getPort(), "")) {
                    stranger.data(2, new byte[1], false);
                    stranger.next(Frame.GOAWAY);
                }
            }
        } finally {
            logger.detachAppender(lines);
            logger.setLevel(before);
        }

        List<String> told =
                lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        // One at once; another each ten seconds, should the test take that long.
        assertThat(told).hasSizeBetween(1, 6);
        assertThat(told.get(0)).contains("127.0.0.1:", "PROTOCOL_ERROR", "DATA on idle stream 2", "0 more");
    }
}
