/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

/** What a command is pointed at. */
sealed interface Target {
    /** As operators call it. */
    String inWords();

    /** @param slot where it runs, for people; the server is gone when the slot gets another one */
    record Server(String slot, String serverId) implements Target {
        @Override
        public String inWords() {
            return "server " + slot + " (" + serverId + ")";
        }
    }

    /** @param id {@code host:port} */
    record Node(String id) implements Target {
        @Override
        public String inWords() {
            return "node " + id;
        }
    }
}
