/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Says to an operator what the registry has lost or spoiled. */
final class RegistryAlarm {
    private static final int MOST_NAMED = 5;

    private RegistryAlarm() {}

    /** Empty when all is well. */
    static String text(Fleet fleet) {
        List<String> lost = fleet.all(Fleet.Presence.REMEMBERED).stream()
                .map(member -> member.backend().serverId())
                .toList();
        String text = "";
        if (!lost.isEmpty()) {
            text = "the registry has lost " + lost.size() + " server(s) that are still in use: " + named(lost);
        }
        if (!fleet.unreadable().isEmpty()) {
            text += (text.isEmpty() ? "" : "; ") + "the registry's record of "
                    + fleet.unreadable().size() + " server(s) cannot be read: " + named(fleet.unreadable());
        }
        return text;
    }

    private static String named(Collection<String> ids) {
        String some = ids.stream().sorted().limit(MOST_NAMED).collect(Collectors.joining(", "));
        return ids.size() > MOST_NAMED ? some + ", …" : some;
    }
}
