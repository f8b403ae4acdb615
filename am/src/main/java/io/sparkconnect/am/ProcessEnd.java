/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this process ends when it must. Without unregistering: for YARN that is a failed attempt, and the next one adopts
 * the servers. Without shutdown hooks, which could wait for what is broken.
 */
final class ProcessEnd {
    static final int BROKEN = 1;
    static final int BAD_ENVIRONMENT = 2;
    private static final Logger LOG = LoggerFactory.getLogger(ProcessEnd.class);

    private ProcessEnd() {}

    static void broken(String reason) {
        LOG.error("this attempt ends, the next one takes over: {}", reason);
        Runtime.getRuntime().halt(BROKEN);
    }

    static void broken(String reason, Throwable failure) {
        LOG.error("this attempt ends, the next one takes over: {}", reason, failure);
        Runtime.getRuntime().halt(BROKEN);
    }

    static void badEnvironment(String mistake) {
        LOG.error("the ApplicationMaster cannot start: {}", mistake);
        Runtime.getRuntime().halt(BAD_ENVIRONMENT);
    }

    static void finished() {
        LOG.info("done");
        // Not System.exit: Hadoop's hooks have nothing left to do, and non-daemon threads of libraries may linger.
        Runtime.getRuntime().halt(0);
    }
}
