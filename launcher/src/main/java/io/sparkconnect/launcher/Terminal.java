/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.PrintWriter;

/**
 * Where a command speaks: data on standard output, everything else on standard error, so that a pipe gets data only.
 *
 * @param data what was asked for
 * @param talk progress, warnings, mistakes
 */
record Terminal(PrintWriter data, PrintWriter talk) {
    void data(String text) {
        data.println(text);
        data.flush();
    }

    void say(String text) {
        talk.println(text);
        talk.flush();
    }

    void warn(String text) {
        say("warning: " + text);
    }
}
