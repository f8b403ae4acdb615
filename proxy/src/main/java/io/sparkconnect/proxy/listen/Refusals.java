/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.Channel;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections that are turned away: each is counted, and one of each kind is logged every ten seconds. Thread-safe. */
final class Refusals {
    private static final Logger log = LoggerFactory.getLogger(Refusals.class);

    private final TrafficWatcher watcher;
    private final SparingLogs lines;

    Refusals(TrafficWatcher watcher, LongSupplier nanoTime) {
        this.watcher = watcher;
        this.lines = new SparingLogs(nanoTime);
    }

    /**
     * @param word the label of the figure, one of a few
     * @param why a clause for the log: what was wrong and where it can be changed
     */
    void refused(Channel channel, String word, String why) {
        watcher.clientRefused(word);
        lines.log(
                word,
                leftOut -> log.info(
                        "client={} refused={} because {} ({} more such connections since the last line)",
                        ClientAddress.of(channel),
                        word,
                        why,
                        leftOut));
    }
}
