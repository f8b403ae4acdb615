/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.io.IOException;
import java.net.URI;

/** Says hello to an ApplicationMaster. */
@FunctionalInterface
interface AmClient {
    /** An HTTP answer; {@code text} is a short excerpt of its body, for the log. */
    record Answer(int status, String text) {}

    Answer put(URI url, String json) throws IOException, InterruptedException;
}
