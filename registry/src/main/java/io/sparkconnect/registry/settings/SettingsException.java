/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.util.List;

/** A configuration with mistakes: all of them, one line each. */
public final class SettingsException extends Exception {
    private final List<String> mistakes;

    public SettingsException(List<String> mistakes) {
        super(String.join(System.lineSeparator(), mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /** Never empty; each says what was wrong, where it was given and what is expected. */
    public List<String> mistakes() {
        return mistakes;
    }
}
