/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.SessionBinding;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Prints sessions one by one: nobody knows how many come, so columns have fixed widths that long cells exceed. */
final class SessionLines {
    private final CommonOptions options;
    private final Terminal terminal;
    private final long nowMs;
    private final ServerNames servers;
    private boolean some;

    SessionLines(CommonOptions options, Terminal terminal, long nowMs, ServerNames servers) {
        this.options = options;
        this.terminal = terminal;
        this.nowMs = nowMs;
        this.servers = servers;
    }

    void begin() {
        switch (options.output()) {
            case table, wide -> {
                if (options.headers()) {
                    line("USER", "SESSION", "SERVER", "AGE", "LAST USE", "POOL", "CONTAINER");
                }
            }
            case json -> terminal.data("[");
            case yaml, name -> {
                // Each item stands for itself.
            }
        }
    }

    void add(SessionBinding binding) {
        switch (options.output()) {
            case table, wide ->
                line(
                        binding.userId().isEmpty() ? "-" : binding.userId(),
                        binding.sessionId(),
                        slot(binding),
                        age(binding.createdAtMs()),
                        age(binding.lastUseMs()),
                        servers.poolOf(binding),
                        binding.serverId());
            case json -> terminal.data((some ? "," : "") + JsonCodec.encodePretty(servers.record(binding)));
            case yaml -> terminal.data(new Output(options, terminal).render(new One(List.of(servers.record(binding)))));
            case name -> terminal.data(binding.userId() + "/" + binding.sessionId());
        }
        some = true;
    }

    void end() {
        if (options.output() == CommonOptions.OutputForm.json) {
            terminal.data("]");
        } else if (options.output() == CommonOptions.OutputForm.yaml && !some) {
            terminal.data("[]");
        }
    }

    private String slot(SessionBinding binding) {
        return servers.slot(binding.serverId());
    }

    private String age(long sinceMs) {
        return InWords.age(Duration.ofMillis(nowMs - sinceMs));
    }

    private void line(
            String user, String session, String slot, String age, String lastUse, String pool, String container) {
        String line = String.format(Locale.ROOT, "%-16s  %-36s  %-12s  %-8s  %-8s", user, session, slot, age, lastUse);
        terminal.data(
                options.output() == CommonOptions.OutputForm.wide
                        ? line + "  " + String.format(Locale.ROOT, "%-10s", pool.isEmpty() ? "-" : pool) + "  "
                                + container
                        : line.stripTrailing());
    }

    /** One item of a list that is printed bit by bit. */
    private record One(List<Object> records) implements Answer {
        One {
            records = List.copyOf(records);
        }

        @Override
        public String text(boolean wide, boolean headers) {
            return "";
        }

        @Override
        public List<String> names() {
            return List.of();
        }
    }
}
