/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.time.Clock;
import java.time.Duration;
import java.util.regex.Pattern;

/** Shows what is waited for: at once when it changes, and now and then as a sign of life. Confined to one thread. */
final class Progress {
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(10);

    /** Ages grow with every look; alone they are no news. */
    private static final Pattern AGES = Pattern.compile(" for \\d+[smhd0-9]*");

    private final Terminal terminal;
    private final Clock clock;
    private final long startMs;
    private String lastText = "";
    private long lastMs;

    Progress(Terminal terminal, Clock clock) {
        this.terminal = terminal;
        this.clock = clock;
        this.startMs = clock.millis();
        this.lastMs = startMs;
    }

    void show(String text) {
        long now = clock.millis();
        String news = AGES.matcher(text).replaceAll("");
        if (news.equals(lastText) && now - lastMs < SIGN_OF_LIFE.toMillis()) {
            return;
        }
        lastText = news;
        lastMs = now;
        terminal.say(String.format("[%6s] %s", InWords.age(elapsed()), text));
    }

    Duration elapsed() {
        return Duration.ofMillis(clock.millis() - startMs);
    }
}
