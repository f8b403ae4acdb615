/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Flushes what was written to once per turn of the loop: the task runs after all sockets that were ready have been read, so
 * that frames of many clients for one server leave in one system call. Confined to its loop.
 */
final class LoopFlusher implements Runnable {
    private final EventLoop loop;
    private final List<Outlet> dirty = new ArrayList<>();
    private boolean scheduled;

    LoopFlusher(EventLoop loop) {
        this.loop = loop;
    }

    /** The outlet asks for a flush at the end of this turn; it does so once until it was flushed. */
    void add(Outlet outlet) {
        dirty.add(outlet);
        if (!scheduled) {
            scheduled = true;
            loop.execute(this);
        }
    }

    @Override
    public void run() {
        // Flushing makes channels writable again, which lets waiting flows write: the list may grow as it is walked.
        try {
            for (int i = 0; i < dirty.size(); i++) {
                dirty.get(i).flush();
            }
        } finally {
            dirty.clear();
            scheduled = false;
        }
    }
}
