/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.ArrayList;
import java.util.List;

/** Columns as wide as their widest cell, two spaces apart, no trailing blanks. */
final class TextTable {
    private final List<List<String>> rows = new ArrayList<>();
    private final boolean headed;

    TextTable(String... header) {
        this(true, header);
    }

    /** @param headed whether the heading is shown */
    TextTable(boolean headed, String... header) {
        this.headed = headed;
        rows.add(List.of(header));
    }

    TextTable row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
        return this;
    }

    @Override
    public String toString() {
        List<List<String>> shown = headed ? rows : rows.subList(1, rows.size());
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : shown) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : shown) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            text.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }
}
