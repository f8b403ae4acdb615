/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.PrintWriter;

/**
 * Where a command speaks: data on standard output, everything else on standard error, so that a pipe gets data only.
 *
 * @param data what was asked for
 * @param talk progress, warnings, mistakes
 * @param screen whether data goes to a screen that can be cleared
 */
record Terminal(PrintWriter data, PrintWriter talk, boolean screen) {
    private static final String CLEAR = "\033[H\033[2J";

    void data(String text) {
        data.println(text);
        data.flush();
    }

    /** In place of what stands on the screen, where there is one. */
    void dataAnew(String text) {
        data(screen ? CLEAR + text : text);
    }

    void say(String text) {
        talk.println(text);
        talk.flush();
    }

    void warn(String text) {
        say("warning: " + text);
    }
}
