/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what it was told. */
public final class RecordingWatcher implements TrafficWatcher {
    public final Queue<StreamReport> reports = new ConcurrentLinkedQueue<>();
    public final Queue<String> refusals = new ConcurrentLinkedQueue<>();
    public final AtomicInteger clients = new AtomicInteger();
    public final AtomicInteger heldBack = new AtomicInteger();
    public final AtomicInteger replayed = new AtomicInteger();
    public final AtomicInteger servers = new AtomicInteger();
    public final AtomicInteger serversEver = new AtomicInteger();
    public final AtomicInteger openStreams = new AtomicInteger();
    public final AtomicInteger held = new AtomicInteger();

    @Override
    public void clientConnected() {
        clients.incrementAndGet();
    }

    @Override
    public void clientDisconnected() {
        clients.decrementAndGet();
    }

    @Override
    public void clientRefused(String why) {
        refusals.add(why);
    }

    @Override
    public void clientHeldBack() {
        heldBack.incrementAndGet();
    }

    @Override
    public void streamStarted() {
        openStreams.incrementAndGet();
    }

    @Override
    public void streamEnded(StreamReport report) {
        openStreams.decrementAndGet();
        reports.add(report);
    }

    @Override
    public void held() {
        held.incrementAndGet();
    }

    @Override
    public void unheld() {
        held.decrementAndGet();
    }

    @Override
    public void replayed() {
        replayed.incrementAndGet();
    }

    @Override
    public void serverConnected() {
        servers.incrementAndGet();
        serversEver.incrementAndGet();
    }

    @Override
    public void serverDisconnected() {
        servers.decrementAndGet();
    }

    @Override
    public void reset(String by) {}
}
