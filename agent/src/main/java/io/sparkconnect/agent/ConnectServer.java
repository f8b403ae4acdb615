/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;
import java.util.OptionalInt;

/** The Spark Connect server in this process. Any thread may ask. */
interface ConnectServer {
    /** Empty until a port is bound. */
    OptionalInt boundPort();

    Load load();

    /** Takes no new calls and waits up to {@code grace} for the open ones. */
    void stop(Duration grace);
}
