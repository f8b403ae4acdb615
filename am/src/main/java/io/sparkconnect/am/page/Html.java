/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A page, put together piece by piece. Whatever is no {@link Markup} is escaped, whoever wrote it. Not thread-safe. */
final class Html {
    private static final String DASH = "–";

    private final StringBuilder text = new StringBuilder();

    /** What is HTML already. */
    record Markup(String html) {}

    /** @param style CSS, without anything that comes from elsewhere */
    static Html page(String title, String style) {
        Html page = new Html();
        page.text
                .append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(escape(title))
                .append("</title><style>")
                .append(style)
                .append("</style></head><body>");
        return page;
    }

    String end() {
        return text.append("</body></html>").toString();
    }

    /** @param parts {@link Markup}, or anything whose text is to be shown; null shows as a dash, as it does everywhere */
    Html heading(int level, Object... parts) {
        return element("h" + level, parts);
    }

    Html paragraph(Object... parts) {
        return element("p", parts);
    }

    Html small(Object... parts) {
        return paragraph(new Markup("<small>" + joined(parts) + "</small>"));
    }

    /** Nothing at all when there are no rows. */
    Html table(List<String> columns, List<List<@Nullable Object>> rows) {
        if (rows.isEmpty()) {
            return this;
        }
        text.append("<table><tr>");
        columns.forEach(column -> element("th", column));
        text.append("</tr>");
        for (List<@Nullable Object> row : rows) {
            text.append("<tr>");
            row.forEach(cell -> element("td", cell));
            text.append("</tr>");
        }
        text.append("</table>");
        return this;
    }

    /** A row of a table. */
    static List<@Nullable Object> cells(@Nullable Object... cells) {
        return Arrays.asList(cells);
    }

    /** A part that can be folded away. */
    Html folded(String summary, boolean open, Consumer<Html> content) {
        text.append(open ? "<details open>" : "<details>");
        element("summary", summary);
        content.accept(this);
        text.append("</details>");
        return this;
    }

    /** A word in the colour that the page's style gives it. */
    static Markup coloured(Enum<?> word) {
        return new Markup("<span class=\"" + word.name() + "\">" + word.name() + "</span>");
    }

    /** A link that leads to a web page, or else only its text. */
    static Markup link(@Nullable String url, String words) {
        if (url == null || !(url.startsWith("http://") || url.startsWith("https://"))) {
            return new Markup(escape(words));
        }
        return new Markup("<a href=\"" + escape(url) + "\">" + escape(words) + "</a>");
    }

    /** A link to another page of the same server: relative, since the page is mostly seen through YARN's proxy. */
    static Markup sibling(String name) {
        return new Markup("<a href=\"" + escape(name) + "\">" + escape(name) + "</a>");
    }

    static String escape(String raw) {
        return raw.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    private Html element(String name, @Nullable Object... parts) {
        text.append('<')
                .append(name)
                .append('>')
                .append(joined(parts))
                .append("</")
                .append(name)
                .append('>');
        return this;
    }

    private static String joined(@Nullable Object... parts) {
        StringBuilder joined = new StringBuilder();
        for (Object part : parts) {
            if (part instanceof Markup markup) {
                joined.append(markup.html());
            } else {
                joined.append(escape(part == null ? DASH : part.toString()));
            }
        }
        return joined.toString();
    }
}
