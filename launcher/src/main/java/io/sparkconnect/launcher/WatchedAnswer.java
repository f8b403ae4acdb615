/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

/** Shows an answer whenever it is not what was shown last. Confined to one thread. */
final class WatchedAnswer {
    private final Output output;
    private final Terminal terminal;
    private String last = "";

    WatchedAnswer(CommonOptions options, Terminal terminal) {
        this.output = new Output(options, terminal);
        this.terminal = terminal;
    }

    void show(Answer answer) {
        String text = output.render(answer);
        if (text.equals(last)) {
            return;
        }
        if (last.isEmpty()) {
            terminal.data(text);
        } else {
            if (!terminal.screen()) {
                terminal.data("");
            }
            terminal.dataAnew(text);
        }
        last = text;
    }
}
