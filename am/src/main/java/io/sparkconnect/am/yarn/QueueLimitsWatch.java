/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks time and again at the limits of queues, which an operator changes while we run: at the ResourceManager's pages, whose
 * answer holds until the next one. Before the first answer, this machine's files are believed, in which other figures may stand.
 * Confined to one thread, which waits for the pages, but for {@link #latest}.
 */
final class QueueLimitsWatch {
    private static final Logger LOG = LoggerFactory.getLogger(QueueLimitsWatch.class);

    private final ResourceManagerPages pages;
    private final Configuration conf;
    private volatile QueueLimits latest;
    private boolean told;
    private String trouble = "";

    QueueLimitsWatch(ResourceManagerPages pages, Configuration conf) {
        this.pages = pages;
        this.conf = conf;
        this.latest = QueueLimits.ofFiles(conf);
    }

    QueueLimits latest() {
        return latest;
    }

    /** Blocks for some seconds at most for each ResourceManager. */
    void look() throws InterruptedException {
        List<String> troubles = new ArrayList<>();
        for (String address : pages.addresses()) {
            try {
                latest = QueueLimits.told(pages.scheduler(address), pages.configuration(address));
                told = true;
                if (!trouble.isEmpty()) {
                    trouble = "";
                    LOG.info("{} tells the limits of queues again", address);
                }
                return;
            } catch (IOException | RuntimeException e) {
                troubles.add(address + ": " + e.getMessage());
            }
        }
        if (!told) {
            latest = QueueLimits.ofFiles(conf);
        }
        if (trouble.isEmpty()) {
            LOG.warn(
                    "no ResourceManager's page tells the limits of queues (user-limit-factor, minimum allocation), {} hold: {}",
                    told ? "those last told" : "those in this machine's capacity-scheduler.xml and yarn-site.xml",
                    troubles);
        }
        trouble = troubles.toString();
    }
}
