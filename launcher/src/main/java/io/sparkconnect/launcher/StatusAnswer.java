/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.SlotStatus;
import java.util.List;

/** What {@code status} shows. Names are those of its slots, which other commands take. */
record StatusAnswer(ServiceView view, long nowMs) implements Answer {
    @Override
    public String text(boolean wide, boolean headers) {
        return StatusPage.render(view, nowMs, wide, headers);
    }

    @Override
    public List<String> names() {
        return view.status() == null
                ? List.of()
                : view.status().slots().stream().map(SlotStatus::slot).toList();
    }

    @Override
    public Object records() {
        return view.records();
    }
}
