/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.LimitCounters;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import io.sparkconnect.proxy.route.StreamRouter;
import java.util.function.LongSupplier;

/** What all connections of an engine share; thread-safe. */
record EngineContext(
        StreamRouter router,
        EngineLimits limits,
        LimitCounters counters,
        BufferedBytes buffered,
        TrafficWatcher watcher,
        FailureLog failures,
        LongSupplier nanoTime) {}
