/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A process that only remembers how it was ended. */
final class FakeProcess implements ProcessEnd {
    final List<String> ends = new CopyOnWriteArrayList<>();
    volatile boolean ending;

    @Override
    public void exit(int status) {
        ends.add("exit " + status);
    }

    @Override
    public void halt(int status) {
        ends.add("halt " + status);
    }

    @Override
    public boolean isEnding() {
        return ending;
    }
}
