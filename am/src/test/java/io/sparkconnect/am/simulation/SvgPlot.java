/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A day as a picture: sessions above, servers below, over the same hours. */
final class SvgPlot {
    private static final int WIDTH = 960;
    private static final int LEFT = 58;
    private static final int RIGHT = 14;
    private static final int SESSIONS_TOP = 44;
    private static final int SESSIONS_HEIGHT = 130;
    private static final int SERVERS_TOP = 212;
    private static final int SERVERS_HEIGHT = 190;
    private static final int HEIGHT = 440;

    private final Scenario scenario;
    private final List<Timeline.Sample> samples;
    private final double hours;
    private final StringBuilder svg = new StringBuilder();

    private SvgPlot(Scenario scenario, Timeline timeline) {
        this.scenario = scenario;
        this.samples = timeline.samples;
        this.hours = scenario.length().toMinutes() / 60.0;
    }

    static String of(Scenario scenario, Timeline timeline) {
        return new SvgPlot(scenario, timeline).draw();
    }

    private String draw() {
        svg.append(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"system-ui,sans-serif\" font-size=\"12\">\n"
                        .formatted(WIDTH, HEIGHT));
        svg.append("<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n".formatted(WIDTH, HEIGHT));
        text(LEFT, 18, "start", 15, "#222", scenario.title());
        double mostSessions = most(sample -> sample.sessions() + sample.held());
        frame(SESSIONS_TOP, SESSIONS_HEIGHT, mostSessions);
        area(SESSIONS_TOP, SESSIONS_HEIGHT, mostSessions, "#cfe3f7", Timeline.Sample::sessions);
        line(SESSIONS_TOP, SESSIONS_HEIGHT, mostSessions, "#1f6fb2", "", Timeline.Sample::sessions);
        line(SESSIONS_TOP, SESSIONS_HEIGHT, mostSessions, "#d62728", "", Timeline.Sample::held);
        legend(SESSIONS_TOP - 8, List.of("sessions", "waiting at the proxies"), List.of("#1f6fb2", "#d62728"));
        double mostServers = Math.max(scenario.pool().maxServers(), most(Timeline.Sample::containers)) * 1.05;
        frame(SERVERS_TOP, SERVERS_HEIGHT, mostServers);
        area(SERVERS_TOP, SERVERS_HEIGHT, mostServers, "#e9e9e9", Timeline.Sample::containers);
        line(
                SERVERS_TOP,
                SERVERS_HEIGHT,
                mostServers,
                "#999",
                "4 3",
                sample -> Math.min(sample.room(), scenario.pool().maxServers()));
        line(SERVERS_TOP, SERVERS_HEIGHT, mostServers, "#e69f00", "", Timeline.Sample::target);
        line(SERVERS_TOP, SERVERS_HEIGHT, mostServers, "#1a7f37", "", Timeline.Sample::ready);
        legend(
                SERVERS_TOP - 8,
                List.of("ready servers", "target", "all containers", "room (at most the maximum)"),
                List.of("#1a7f37", "#e69f00", "#bbb", "#999"));
        hoursAxis();
        return svg.append("</svg>\n").toString();
    }

    private double most(ToDoubleFunction<Timeline.Sample> value) {
        return Math.max(1, samples.stream().mapToDouble(value).max().orElse(1));
    }

    private void frame(int top, int height, double most) {
        double step = niceStep(most / 4);
        for (double value = 0; value <= most; value += step) {
            double y = y(value, top, height, most);
            svg.append(format(
                    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#eee\"/>\n",
                    LEFT, y, WIDTH - RIGHT, y));
            text(LEFT - 6, (int) y + 4, "end", 11, "#555", format("%,.0f", value));
        }
    }

    private static double niceStep(double about) {
        double unit = Math.pow(10, Math.floor(Math.log10(about)));
        for (double step : new double[] {1, 2, 5, 10}) {
            if (step * unit >= about) {
                return Math.max(1, step * unit);
            }
        }
        return Math.max(1, unit);
    }

    private void hoursAxis() {
        int every = hours > 60 ? 12 : hours > 20 ? 3 : 1;
        for (int hour = 0; hour <= hours; hour += every) {
            String label = hours > 24 ? "day " + (hour / 24 + 1) + " " + hour % 24 + ":00" : hour + ":00";
            text(
                    (int) x(hour),
                    HEIGHT - 16,
                    hour == 0 ? "start" : hour + every > hours ? "end" : "middle",
                    11,
                    "#555",
                    label);
        }
    }

    private void area(int top, int height, double most, String color, ToDoubleFunction<Timeline.Sample> value) {
        svg.append("<path fill=\"").append(color).append("\" d=\"M").append(format("%.1f %d", x(0), top + height));
        steps(top, height, most, value, 'L');
        svg.append(format("L%.1f %dZ\"/>\n", x(hours), top + height));
    }

    private void line(
            int top, int height, double most, String color, String dashes, ToDoubleFunction<Timeline.Sample> value) {
        svg.append("<path fill=\"none\" stroke=\"").append(color).append("\" stroke-width=\"1.6\"");
        if (!dashes.isEmpty()) {
            svg.append(" stroke-dasharray=\"").append(dashes).append('"');
        }
        svg.append(" d=\"");
        steps(top, height, most, value, 'M');
        svg.append("\"/>\n");
    }

    /** Only where the value changes: a picture in a repository should be small. */
    private void steps(int top, int height, double most, ToDoubleFunction<Timeline.Sample> value, char first) {
        int every = Math.max(1, samples.size() / 1_440);
        char command = first;
        double last = Double.NaN;
        for (int i = 0; i < samples.size(); i += every) {
            double now = value.applyAsDouble(samples.get(i));
            if (now != last || i + every >= samples.size()) {
                double x = x(samples.get(i).hour());
                if (command == 'L' && !Double.isNaN(last)) {
                    svg.append(format("L%.1f %.1f", x, y(last, top, height, most)));
                }
                svg.append(format("%c%.1f %.1f", command, x, y(now, top, height, most)));
                command = 'L';
                last = now;
            }
        }
    }

    private void legend(int y, List<String> names, List<String> colors) {
        int x = LEFT;
        for (int i = 0; i < names.size(); i++) {
            svg.append(format(
                    "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", x, y - 9, colors.get(i)));
            text(x + 14, y, "start", 12, "#333", names.get(i));
            x += 14 + names.get(i).length() * 7 + 20;
        }
    }

    private void text(int x, int y, String anchor, int size, String color, String words) {
        svg.append(format(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\">%s</text>\n",
                x, y, anchor, size, color, words.replace("&", "&amp;").replace("<", "&lt;")));
    }

    private double x(double hour) {
        return LEFT + hour / hours * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value, int top, int height, double most) {
        return top + height - Math.min(1, value / most) * height;
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
