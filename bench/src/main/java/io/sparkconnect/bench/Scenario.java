/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.load.Shape;
import io.sparkconnect.bench.report.SpeedTable.Unit;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is measured. The shapes are small enough for any machine and bounded in time and count. */
enum Scenario {
    UNARY_SAT("small calls, 8 connections, 64 under way in all", new Shape.Unary(8, 8), Unit.CALLS),
    UNARY_64("small calls, 64 connections, one under way on each", new Shape.Unary(64, 1), Unit.CALLS),
    UNARY_1("small calls, one at a time", new Shape.Unary(1, 1), Unit.CALLS),
    UNARY_1000("small calls at 1,000 a second over 8 connections", new Shape.UnaryAtRate(8, 1000), Unit.CALLS),
    CONNECT("a new connection and session for each small call, 4 at a time", new Shape.Connects(4, 3000), Unit.CALLS),
    STREAM_1M("2 queries at a time with result batches of 1 MiB", new Shape.Results(2, 1, 64, 1 << 20), Unit.BYTES),
    STREAM_4K("2 queries at a time with result batches of 4 KiB", new Shape.Results(2, 1, 10_000, 4096), Unit.BYTES),
    UPLOAD("2 uploads at a time in chunks of 32 KiB", new Shape.Uploads(2, 1, 256, 32 << 10), Unit.BYTES),
    IDLE("connections that did one call and then nothing", null, Unit.CALLS),
    IDLE_STREAMS("connections with a query under way whose server is silent", null, Unit.CALLS),
    WARM_UP("a fresh process under full load of small calls: until when is it as cheap as it gets", null, Unit.CALLS),
    FLAT("small calls as in unary-sat, with more servers listed and more sessions remembered", null, Unit.CALLS),
    AFFINITY("sessions whose calls come over changing connections and source addresses", null, Unit.CALLS);

    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // Records of numbers.
    private final Optional<Shape> shape;

    private final Unit unit;

    Scenario(String description, @Nullable Shape shape, Unit unit) {
        this.description = description;
        this.shape = Optional.ofNullable(shape);
        this.unit = unit;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String description() {
        return description;
    }

    /** The load whose cost and speed is measured; empty for a scenario of another kind. */
    Optional<Shape> shape() {
        return shape;
    }

    Unit unit() {
        return unit;
    }

    boolean isAtFixedRate() {
        return this == UNARY_1000;
    }

    static Optional<Scenario> find(String label) {
        return Arrays.stream(values()).filter(s -> s.label().equals(label)).findFirst();
    }
}
